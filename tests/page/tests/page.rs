//! What the page promises as a whole, in a real browser.

use std::fs;
use std::io::Write;

use anyhow::{Result, ensure};
use quorate_page_tests::{Opening, dist_folder, with_page};

/// What a visitor may have to download before anything runs, compressed as static hosts do.
const WASM_BROTLI_BYTES_MAX: usize = 350_000;

#[test]
fn the_page_opens_from_any_path_without_a_word_in_the_console() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        let title = page.title()?;
        ensure!(title == "Quorate", "the title is {title:?}");
        Ok(())
    })
}

#[test]
fn the_webassembly_fits_in_350_kilobytes() -> Result<()> {
    let mut sizes = Vec::new();
    for entry in fs::read_dir(dist_folder()?)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            let mut compressor = brotli::CompressorWriter::new(Vec::new(), 1 << 16, 11, 24);
            compressor.write_all(&fs::read(&path)?)?;
            sizes.push(compressor.into_inner().len());
        }
    }
    ensure!(sizes.len() == 1, "dist/ holds {} WebAssembly files instead of one", sizes.len());
    ensure!(sizes[0] <= WASM_BROTLI_BYTES_MAX, "{} bytes of brotli, at most {WASM_BROTLI_BYTES_MAX}", sizes[0]);
    println!("{} bytes of brotli", sizes[0]);
    Ok(())
}
