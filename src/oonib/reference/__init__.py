"""Reference data that comes from elsewhere: block page fingerprints so far.

Every updater takes its source as a URL, a local folder or the small set that ships with the package, checks
it before anything changes, and keeps the old data whenever something is wrong.
"""
