// The table of newest measurements goes on by itself. Without this file it is the one of when the page was made.
"use strict";

const table = document.getElementById("ticker");
if (table && "EventSource" in window) {
  const MOST = 12;
  const EVERY = 1000;
  const body = table.tBodies[0];
  const nettests = JSON.parse(table.dataset.nettests);
  const [confirmed, failure, anomaly, normal] = document.getElementById("verdicts").content.children;
  const countries = new Intl.DisplayNames([document.documentElement.lang, "en"], { type: "region", fallback: "code" });
  const waiting = [];
  let source = null;
  let paused = false;

  // What strangers sent is text: invisible characters are spelled out, and all of it is set as textContent.
  function shown(text) {
    const cut = String(text ?? "").slice(0, 160);
    return cut.replace(/[\p{C}\u2028\u2029]/gu, (one) => "\\u" + one.codePointAt(0).toString(16).padStart(4, "0"));
  }

  function country(code) {
    try { return countries.of(code); } catch { return code; }
  }

  function cell(row, content, style) {
    const made = row.insertCell();
    if (style) made.className = style;
    made.append(content);
    return made;
  }

  function link(address, content) {
    const made = document.createElement("a");
    made.href = address;
    made.append(content);
    return made;
  }

  function verdict(one) {
    return (one.confirmed ? confirmed : one.failure ? failure : one.anomaly ? anomaly : normal).cloneNode(true);
  }

  function moment(text) {
    const made = document.createElement("time");
    made.dateTime = text.slice(0, 19) + "Z";
    const clock = document.createElement("b");
    clock.textContent = text.slice(11, 19);
    made.append(text.slice(0, 10) + " ", clock);
    return made;
  }

  function add(one) {
    for (const row of body.querySelectorAll(".new")) row.classList.remove("new");
    const row = body.insertRow(0);
    row.className = "new";
    const asn = String(one.probe_asn ?? "").replace(/^AS/, "");
    const input = document.createElement("bdi");
    input.textContent = shown(one.input) || "–";
    cell(row, moment(String(one.measurement_start_time)), "when");
    cell(row, link("/country/" + encodeURIComponent(one.probe_cc), shown(country(one.probe_cc))));
    cell(row, link("/as/" + encodeURIComponent(asn), "AS" + shown(asn)));
    cell(row, nettests[one.test_name] ?? shown(one.test_name));
    cell(row, input, "input");
    const page = link("/m/" + encodeURIComponent(one.measurement_uid), verdict(one));
    page.className = "plain";
    cell(row, page);
    while (body.rows.length > MOST) body.deleteRow(-1);
  }

  const note = document.createElement("p");
  note.className = "ticking";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  const word = document.createElement("span");
  note.append(button, word);

  function tell() {
    button.textContent = paused ? table.dataset.goOn : table.dataset.pause;
    word.textContent = paused ? table.dataset.paused : table.dataset.live;
  }

  function listen() {
    const wanted = !paused && !document.hidden;
    if (wanted === Boolean(source)) return;
    if (!wanted) {
      source.close();
      source = null;
      return;
    }
    source = new EventSource(table.dataset.feed);
    source.addEventListener("measurement", (event) => {
      waiting.push(JSON.parse(event.data));
      // Of a flood the latest are enough.
      while (waiting.length > MOST) waiting.shift();
    });
  }

  button.addEventListener("click", () => { paused = !paused; tell(); listen(); });
  document.addEventListener("visibilitychange", listen);
  addEventListener("pagehide", () => { if (source) { source.close(); source = null; } });
  setInterval(() => { if (!paused && waiting.length) add(waiting.shift()); }, EVERY);
  tell();
  table.closest(".scroll").before(note);
  listen();
}
