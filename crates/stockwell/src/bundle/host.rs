//! What the machine is, without what it is called.

use super::plain::plain;
use serde_json::{Value, json};
use std::path::Path;

/// The system, its processors and its memory; null where the system does not say.
pub(crate) fn facts() -> Value {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let release = read("/etc/os-release");
    let name = release.as_deref().and_then(|text| line_of(text, "PRETTY_NAME="));
    let memory = read("/proc/meminfo");
    let of_memory = |what| memory.as_deref().and_then(|text| line_of(text, what));
    json!({
        "system": std::env::consts::OS,
        "architecture": std::env::consts::ARCH,
        "distribution": name.map(|name| plain(&name)),
        "kernel": read("/proc/sys/kernel/osrelease").map(|text| text.trim().to_owned()),
        "processors": std::thread::available_parallelism().ok().map(std::num::NonZero::get),
        "memory_total": of_memory("MemTotal:"),
        "memory_available": of_memory("MemAvailable:"),
    })
}

/// The rest of the line that begins so.
fn line_of(text: &str, beginning: &str) -> Option<String> {
    let rest = text.lines().find_map(|line| line.strip_prefix(beginning))?;
    Some(rest.trim().trim_matches('"').to_owned())
}

/// How large a database file is, with what stands beside it.
pub(crate) fn sizes_beside(file: &Path) -> Vec<Value> {
    let sizes = ["", "-wal", "-shm"].into_iter().filter_map(|ending| {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        let bytes = std::fs::metadata(&name).ok()?.len();
        Some(json!({ "file": format!("database{ending}"), "bytes": bytes }))
    });
    sizes.collect()
}
