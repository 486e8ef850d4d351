// SPDX-License-Identifier: BSD-2-Clause

//! How the page looks.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::browser::Browser;
use crate::expect_equal;
use crate::script;
use crate::site::Site;

/// How many pixels of the page lie beside the window.
pub(crate) const OVERFLOW: &str = "(({ scrollWidth, clientWidth }) => Math.max(0, scrollWidth - clientWidth))(document.documentElement)";

/// The widths of a phone, a tablet and a desk, and those where the layout changes.
const WIDTHS: [u32; 9] = [1920, 1280, 1000, 761, 760, 640, 480, 360, 320];

/// Nothing is wider than the window.
pub(crate) fn fits_all_widths(browser: &mut Browser, _: &Site) -> Result<()> {
    check_widths(browser)?;
    browser.check_complaints()
}

/// Fails if something is wider than the window, or something in the picture lies outside of it or covers another.
pub(crate) fn check_widths(browser: &mut Browser) -> Result<()> {
    for width in WIDTHS {
        browser.resize(width)?;
        let overflow = browser.evaluate(OVERFLOW)?;
        expect_equal(&format!("overflow at {width} pixels"), overflow, json!(0))?;
        let misplaced = browser.evaluate(&script("misplaced.js")?)?;
        expect_equal(
            &format!("misplaced at {width} pixels"),
            misplaced,
            json!([]),
        )?;
    }
    Ok(())
}

/// Text differs enough from its background: by 4.5, as WCAG 2.2 asks for (1.4.3).
pub(crate) fn text_is_legible(browser: &mut Browser, _: &Site) -> Result<()> {
    let mut backgrounds = Vec::new();
    for scheme in ["light", "dark"] {
        browser.prefer(scheme)?;
        let pale = browser.evaluate(&script("pale.js")?)?;
        expect_equal(&format!("pale texts, {scheme}"), pale, json!([]))?;
        backgrounds.push(browser.evaluate("getComputedStyle(document.body).backgroundColor")?);
    }
    ensure!(backgrounds[0] != backgrounds[1], "{backgrounds:?}");
    browser.check_complaints()
}

/// Nothing jumps, neither when the page loads nor when the state changes.
pub(crate) fn nothing_moves(browser: &mut Browser, site: &Site) -> Result<()> {
    for restarts in 1..20 {
        site.restart(restarts)?;
        let shown = format!("document.body.textContent.includes('↻ {restarts}')");
        browser.wait_for(&shown)?;
    }
    let moved = browser.evaluate(
        "new Promise(done => { const seen = []; \
         new PerformanceObserver(list => seen.push(...list.getEntries())).observe({ type: 'layout-shift', buffered: true }); \
         setTimeout(() => done(seen.map(({ value, sources }) => [value, sources.map(({ node }) => node?.id || node?.className || node?.nodeName)])), 200); })",
    )?;
    expect_equal("moved", moved, json!([]))
}

/// States differ by text and mark, and kinds of capabilities by the shape of their lines.
pub(crate) fn colours_are_not_alone(browser: &mut Browser, _: &Site) -> Result<()> {
    let marks = browser.evaluate(
        "[...new Set([...document.querySelectorAll('.node')].map(node => node.querySelectorAll('.quiet')[0].textContent))].sort()",
    )?;
    expect_equal(
        "states",
        marks,
        json!(["○ stopped", "● running", "✕ given up"]),
    )?;
    let lines = browser.evaluate(
        "['call', 'signal', 'device', 'interrupt'].map(kind => { const s = getComputedStyle(document.querySelector('#picture .edge.' + kind)); \
         return s.strokeDasharray + ' ' + s.strokeWidth; })",
    )?;
    let lines: Vec<_> = lines
        .as_array()
        .into_iter()
        .flatten()
        .map(ToString::to_string)
        .collect();
    let mut different = lines.clone();
    different.sort();
    different.dedup();
    ensure!(lines.len() == 4 && different.len() == 4, "{lines:?}");
    Ok(())
}
