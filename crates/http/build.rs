//! Embeds the built web client: the folder that `SKEIN_WEB_DIST` names, as `vite build` left it. Without the
//! variable there is no client in the binary and the explaining page stays.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-env-changed=SKEIN_WEB_DIST");
    println!("cargo:rerun-if-changed=build.rs");
    let mut rows = String::new();
    if let Some(folder) = env::var_os("SKEIN_WEB_DIST").map(PathBuf::from) {
        println!("cargo:rerun-if-changed={}", folder.display());
        let mut files = Vec::new();
        walk(&folder, &mut files)?;
        files.sort();
        for file in &files {
            write_row(&folder, file, &mut rows)?;
        }
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("client.rs"), format!("&[\n{rows}]\n"))
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else if path.extension().is_none_or(|ending| ending != "br") {
            files.push(path);
        }
    }
    Ok(())
}

fn write_row(folder: &Path, file: &Path, rows: &mut String) -> io::Result<()> {
    let inside = file.strip_prefix(folder).unwrap_or(file).to_string_lossy().replace('\\', "/");
    let whole = fs::canonicalize(file)?;
    let mut packed = whole.clone().into_os_string();
    packed.push(".br");
    let packed = PathBuf::from(packed);
    let brotli = if packed.exists() {
        format!("Some(include_bytes!({packed:?}))")
    } else {
        "None".to_owned()
    };
    rows.push_str(&format!(
        "File {{ path: {:?}, plain: include_bytes!({whole:?}), brotli: {brotli} }},\n",
        format!("/{inside}")
    ));
    Ok(())
}
