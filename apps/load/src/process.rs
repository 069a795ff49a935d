//! What the server's processes, the generator and the machine have used, by `/proc`.

use std::collections::HashMap;
use std::fs;

/// Milliseconds of one clock tick in `/proc/*/stat`: `USER_HZ` is 100 on every Linux.
const TICK_MS: f64 = 10.0;

/// The processes of the server under test.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    roots: Vec<u32>,
}

/// CPU used so far, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cpu {
    /// User and system time of the watched processes and all below them.
    pub(crate) server: f64,
    /// The generator's own.
    pub(crate) generator: f64,
    /// What all cores together did.
    pub(crate) machine: f64,
}

impl Cpu {
    pub(crate) fn since(&self, before: &Self) -> Self {
        Self {
            server: self.server - before.server,
            generator: self.generator - before.generator,
            machine: self.machine - before.machine,
        }
    }

    /// Share of the machine that neither server nor generator used in `seconds`, in percent.
    pub(crate) fn others_percent(&self, seconds: f64) -> f64 {
        let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
        let others = (self.machine - self.server - self.generator).max(0.0);
        others / (seconds * 1_000.0 * cores) * 100.0
    }
}

/// Memory of the watched processes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Memory {
    pub(crate) rss_kib: f64,
    pub(crate) pss_kib: f64,
}

struct Stat {
    parent: u32,
    ticks: u64,
}

impl Watched {
    pub(crate) fn new(roots: &[u32]) -> Self {
        Self { roots: roots.to_vec() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    pub(crate) fn cpu(&self) -> Cpu {
        let all = if self.is_empty() { HashMap::new() } else { every_process() };
        let server =
            self.tree(&all).into_iter().filter_map(|pid| all.get(&pid)).map(|stat| stat.ticks);
        let own = stat("self").map_or(0, |stat| stat.ticks);
        Cpu {
            server: server.sum::<u64>() as f64 * TICK_MS,
            generator: own as f64 * TICK_MS,
            machine: machine_ticks() as f64 * TICK_MS,
        }
    }

    pub(crate) fn memory(&self) -> Memory {
        let mut memory = Memory::default();
        for pid in self.tree(&every_process()) {
            let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"));
            for line in rollup.unwrap_or_default().lines() {
                let mut words = line.split_ascii_whitespace();
                let name = words.next();
                let kib = words.next().and_then(|word| word.parse().ok()).unwrap_or(0.0);
                match name {
                    Some("Rss:") => memory.rss_kib += kib,
                    Some("Pss:") => memory.pss_kib += kib,
                    _ => {}
                }
            }
        }
        memory
    }

    fn tree(&self, all: &HashMap<u32, Stat>) -> Vec<u32> {
        let mut found = self.roots.clone();
        let mut at = 0;
        while at < found.len() {
            let parent = found[at];
            let children = all.iter().filter(|(_, stat)| stat.parent == parent);
            let new: Vec<u32> =
                children.map(|(pid, _)| *pid).filter(|pid| !found.contains(pid)).collect();
            found.extend(new);
            at += 1;
        }
        found
    }
}

fn every_process() -> HashMap<u32, Stat> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| Some((pid, stat(&pid.to_string())?))).collect()
}

/// Counts reaped children too: a child that ends while it is watched takes nothing away.
fn stat(pid: &str) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let ticks = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    Some(Stat { parent: fields.get(1)?.parse().ok()?, ticks })
}

/// User, nice, system, interrupts and what the hypervisor gave to others.
fn machine_ticks() -> u64 {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields = text.lines().next().unwrap_or_default().split_ascii_whitespace().skip(1);
    let fields = fields.map(|field| field.parse::<u64>().unwrap_or(0)).enumerate();
    fields.filter(|(index, _)| matches!(index, 0..=2 | 5..=7)).map(|(_, ticks)| ticks).sum()
}
