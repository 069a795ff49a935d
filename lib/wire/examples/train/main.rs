//! Makes `table/1.txt` from the names of `training/names.txt`, from synthetic days and
//! from words. The same inputs give the same table.
//!
//! `cargo run --release -p skein-wire --example train > lib/wire/table/1.txt`
//!
//! The order of work: with new names, shapes have other symbols, so the program is run
//! once with a table without shapes (`-- names`) and then in full.

// It writes the table to its standard output.
#![allow(clippy::print_stdout)]

#[path = "../../tests/day/mod.rs"]
mod day;
mod phrases;
mod shapes;

use day::Cast;
use skein_wire::Address;

/// Days from which shapes are learned.
const DAYS: u64 = 60;

fn main() {
    let names = include_str!("../../training/names.txt").trim_end();
    println!("# Skein wire, table 1: see docs/wire.md. Made by lib/wire/examples/train.");
    println!("{names}\n[shapes]");
    let is_bare = std::env::args().nth(1).as_deref() == Some("names");
    if !is_bare {
        let cast = Cast::training();
        let mut sequences = Vec::new();
        for seed in 1..=DAYS {
            let day = day::day(&cast, seed);
            let own = Address::new(&day.own);
            for line in &day.lines {
                let own = own.as_ref().filter(|_| line.kind != "login");
                sequences.push(skein_wire::symbols(&line.xml, own));
            }
        }
        print_items(
            shapes::learn(&sequences).iter().map(|(left, right)| format!("{left}+{right}")),
        );
    }
    println!("[phrases]");
    if !is_bare {
        print_items(phrases::learn(&Cast::training()).into_iter());
    }
}

/// Several items a line.
fn print_items(items: impl Iterator<Item = String>) {
    let items: Vec<String> = items.collect();
    for line in items.chunks(16) {
        println!("{}", line.join(" "));
    }
}
