// SPDX-License-Identifier: BSD-2-Clause

//! How people use the page: with keys, with a screen reader, for a long time.

use std::sync::mpsc;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::Browser;
use crate::expect_equal;
use crate::sample::COMPONENTS;
use crate::site::Site;

/// The page shows the states of a server that starts later.
pub(crate) fn follows_a_new_server(browser: &mut Browser, _: &Site) -> Result<()> {
    let folder = TempDir::new()?;
    let first = Site::start(folder.path())?;
    let address = first.address.clone();
    browser.open(&address)?;
    browser.wait_for("document.querySelector('#live').dataset.live === 'live'")?;
    drop(first);
    browser.wait_for("document.querySelector('#live').dataset.live === 'lost'")?;
    let name = address.trim_start_matches("http://").trim_end_matches('/');
    let second = Site::start_at(name, folder.path())?;
    second.restart(9)?;
    browser.wait_for("document.querySelector('#live').dataset.live === 'live'")?;
    browser
        .wait_for("document.querySelector('[data-component=crasher]').textContent.includes('↻ 9')")
}

/// A server that says nothing any more, though the connection stays, counts as lost.
pub(crate) fn notices_silence(browser: &mut Browser, site: &Site) -> Result<()> {
    let (wake, sleep) = mpsc::channel::<()>();
    site.step(move |_| {
        let _ = sleep.recv();
    })?;
    browser.wait_for("document.querySelector('#live').dataset.live === 'lost'")?;
    drop(wake);
    browser.wait_for("document.querySelector('#live').dataset.live === 'live'")
}

/// The element with the focus, and whether people see that.
const FOCUS: &str = "(() => { const { activeElement: e } = document; const s = getComputedStyle(e); \
    const box = e.querySelector('.box'); \
    const seen = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 3 \
      || box !== null && parseFloat(getComputedStyle(box).strokeWidth) >= 3; \
    return [e.dataset.component ?? e.getAttribute('href') ?? e.getAttribute('aria-labelledby') ?? e.tagName, seen]; })()";

/// Tab visits everything in the order of the page, and the focus stays when the state changes.
pub(crate) fn keyboard_reaches_everything(browser: &mut Browser, site: &Site) -> Result<()> {
    let nodes = COMPONENTS.iter().map(|component| component.name);
    let last = ["capabilities-title", "log-title", "/api/system.json"];
    let expected = ["#components"].into_iter().chain(nodes).chain(last);
    for (step, expected) in expected.enumerate() {
        browser.press("Tab", 9, "")?;
        site.restart(1 + step as u64)?;
        let shown = format!("document.body.textContent.includes('↻ {}')", 1 + step);
        browser.wait_for(&shown)?;
        expect_equal("focus", browser.evaluate(FOCUS)?, json!([expected, true]))?;
    }
    browser.evaluate("document.querySelector('[data-component=net]').focus()")?;
    site.restart(99)?;
    browser.wait_for("document.body.textContent.includes('↻ 99')")?;
    let near = browser.evaluate(
        "[...document.querySelectorAll('#picture .node.on')].map(node => node.dataset.component)",
    )?;
    expect_equal("near net", near, json!(["net", "web"]))?;
    let lines = browser.evaluate("document.querySelectorAll('#picture .link.on').length")?;
    expect_equal("lines of net", lines, json!(2))?;
    browser.press("Enter", 13, "\r")?;
    browser
        .wait_for("document.querySelector('#components tr:target th')?.textContent === 'net'")?;
    browser.check_complaints()
}

/// What a screen reader says of everything that can be operated or has a value.
pub(crate) fn everything_has_a_name(browser: &mut Browser, _: &Site) -> Result<()> {
    let mut tree = browser.call("Accessibility.getFullAXTree", json!({}))?;
    let nodes = tree["nodes"].take();
    let nodes = nodes.as_array().context("a list of nodes")?;
    let named = |role: &str| -> Vec<&Value> {
        let of_role = nodes.iter().filter(|node| node["role"]["value"] == role);
        of_role.map(|node| &node["name"]["value"]).collect()
    };
    for role in ["link", "region", "meter", "group", "heading"] {
        let names = named(role);
        let are_named = names
            .iter()
            .all(|name| name.as_str().is_some_and(|name| !name.is_empty()));
        ensure!(are_named && !names.is_empty(), "{role}: {names:?}");
    }
    let links = named("link");
    let serial = "serial: running, 0 restarts, 116 KiB of 192 KiB, 5 capabilities";
    ensure!(links.iter().any(|name| *name == serial), "{links:?}");
    expect_equal("meters", named("meter").len(), 2 * COMPONENTS.len())?;
    for (role, least) in [
        ("table", 3),
        ("columnheader", 17),
        ("rowheader", COMPONENTS.len()),
    ] {
        let count = named(role).len();
        ensure!(count >= least, "{role}: {count} of at least {least}");
    }
    Ok(())
}
