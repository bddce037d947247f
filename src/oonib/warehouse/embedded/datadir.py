"""The embedded engine's directory: permissions, lock, password, address and configuration file."""

import fcntl
import os
import secrets
from contextlib import suppress
from pathlib import Path
from xml.sax.saxutils import escape

from oonib.warehouse.embedded.errors import DirectoryInUseError

_MEBIBYTE = 1024 * 1024
_CONFIG = """<clickhouse>
    <timezone>UTC</timezone>
    <max_server_memory_usage>{memory}</max_server_memory_usage>
    <mark_cache_size>{marks}</mark_cache_size>
    <index_mark_cache_size>{index}</index_mark_cache_size>
    <index_uncompressed_cache_size>0</index_uncompressed_cache_size>
    <uncompressed_cache_size>0</uncompressed_cache_size>
    <primary_index_cache_size>{index}</primary_index_cache_size>
    <vector_similarity_index_cache_size>0</vector_similarity_index_cache_size>
    <query_condition_cache_size>{index}</query_condition_cache_size>
    <mmap_cache_size>64</mmap_cache_size>
    <compiled_expression_cache_size>{index}</compiled_expression_cache_size>
    <background_pool_size>2</background_pool_size>
    <background_merges_mutations_concurrency_ratio>2</background_merges_mutations_concurrency_ratio>
    <background_move_pool_size>1</background_move_pool_size>
    <background_fetches_pool_size>1</background_fetches_pool_size>
    <background_common_pool_size>2</background_common_pool_size>
    <background_schedule_pool_size>4</background_schedule_pool_size>
    <background_buffer_flush_schedule_pool_size>1</background_buffer_flush_schedule_pool_size>
    <background_distributed_schedule_pool_size>1</background_distributed_schedule_pool_size>
    <background_message_broker_schedule_pool_size>1</background_message_broker_schedule_pool_size>
    <tables_loader_foreground_pool_size>2</tables_loader_foreground_pool_size>
    <tables_loader_background_pool_size>1</tables_loader_background_pool_size>
    <max_thread_pool_size>512</max_thread_pool_size>
    <max_thread_pool_free_size>32</max_thread_pool_free_size>
    <merge_tree>
        <fsync_after_insert>1</fsync_after_insert>
        <fsync_part_directory>1</fsync_part_directory>
        <min_compressed_bytes_to_fsync_after_merge>1</min_compressed_bytes_to_fsync_after_merge>
        <number_of_free_entries_in_pool_to_execute_mutation>1</number_of_free_entries_in_pool_to_execute_mutation>
        <number_of_free_entries_in_pool_to_lower_max_size_of_merge>1</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
        <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>1</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
        <merge_max_block_size_bytes>4194304</merge_max_block_size_bytes>
    </merge_tree>
    <backups>
        <allowed_path>{backups}</allowed_path>
    </backups>
    <profiles>
        <default>
            <max_memory_usage>{query_memory}</max_memory_usage>
        </default>
    </profiles>
</clickhouse>
"""


def prepare(data_dir: Path) -> Path:
    """Make the directory, for its owner alone, and the engine's own below it."""
    engine_dir = data_dir / "engine"
    for path in (data_dir, engine_dir):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    data_dir.chmod(0o700)
    return engine_dir


def take_lock(data_dir: Path) -> int:
    """Become the directory's only owner; the lock goes when the process does."""
    descriptor = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise DirectoryInUseError(f"{data_dir} is in use by another embedded ClickHouse") from None
    return descriptor


def ensure_password(path: Path) -> str:
    """The password in the file, which is made on first use and readable by its owner alone."""
    with suppress(FileExistsError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create(path, secrets.token_urlsafe(32))
    return path.read_text(encoding="ascii").strip()


def write_address(data_dir: Path, host: str, port: int) -> None:
    """Tell where the server listens; the file is complete whenever it exists."""
    temporary = data_dir / "address.new"
    temporary.write_text(f"{host}:{port}\n", encoding="ascii")
    temporary.replace(data_dir / "address")


def remove_address(data_dir: Path) -> None:
    """Forget the address."""
    (data_dir / "address").unlink(missing_ok=True)


def write_config(data_dir: Path, memory: int) -> Path:
    """Write the engine's configuration."""
    backups = data_dir / "backups"
    backups.mkdir(mode=0o700, exist_ok=True)
    path = data_dir / "config.xml"
    text = _CONFIG.format(
        memory=memory,
        query_memory=memory * 3 // 4,
        marks=32 * _MEBIBYTE,
        index=16 * _MEBIBYTE,
        backups=escape(str(backups.resolve())),
    )
    path.write_text(text, encoding="utf-8")
    return path


def memory_limit() -> int:
    """What the engine may use at most: half of the machine, between 1 and 8 GiB."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min(max(total // 2, 1024 * _MEBIBYTE), 8192 * _MEBIBYTE)


def _create(path: Path, text: str) -> None:
    # Linked into place when complete, so two first starts cannot read half a password.
    temporary = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    finally:
        temporary.unlink()
