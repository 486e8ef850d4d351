// SPDX-License-Identifier: BSD-2-Clause

//! Chromium without a window, driven by its DevTools protocol through pipes.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The longest time to wait for an answer, or for a condition.
const LIMIT: Duration = Duration::from_secs(60);

/// Chromium reads the protocol from descriptor 3, and writes it to descriptor 4.
const PIPES: &str = r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>/dev/null"#;

const OPTIONS: [&str; 6] = [
    "--remote-debugging-pipe",
    "--headless",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    // It only shows pages of the test, and its sandbox doesn't work for root and in containers.
    "--no-sandbox",
];

/// A browser with one page.
pub(crate) struct Browser {
    process: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    next: u64,
    session: Value,
    complaints: Vec<String>,
    _profile: TempDir,
}

impl Browser {
    pub(crate) fn start(program: &Path) -> Result<Self> {
        let profile = TempDir::new()?;
        let mut command = Command::new("sh");
        command.args(["-c", PIPES]).arg(program).args(OPTIONS);
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().context("failed to start Chromium")?;
        let input = process.stdin.take().context("no pipe to Chromium")?;
        let output = process.stdout.take().context("no pipe from Chromium")?;
        let mut browser = Self {
            process,
            input,
            messages: read(output),
            next: 0,
            session: Value::Null,
            complaints: Vec::new(),
            _profile: profile,
        };
        let page = browser.call("Target.createTarget", json!({ "url": "about:blank" }))?;
        let attach = json!({ "targetId": page["targetId"], "flatten": true });
        browser.session = browser.call("Target.attachToTarget", attach)?["sessionId"].take();
        for domain in ["Page", "Runtime", "Log", "Accessibility"] {
            browser.call(&format!("{domain}.enable"), json!({}))?;
        }
        Ok(browser)
    }

    /// Calls a method of the protocol, and returns its result.
    pub(crate) fn call(&mut self, method: &str, parameters: Value) -> Result<Value> {
        self.next += 1;
        let mut message = json!({ "id": self.next, "method": method, "params": parameters });
        if !self.session.is_null() {
            message["sessionId"] = self.session.clone();
        }
        write!(self.input, "{message}\0").context("Chromium ended")?;
        self.input.flush()?;
        loop {
            let answer = self.messages.recv_timeout(LIMIT);
            let mut answer = answer.with_context(|| format!("no answer to {method}"))?;
            if answer["id"] == self.next {
                ensure!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return Ok(answer["result"].take());
            }
            let is_complaint = match answer["method"].as_str() {
                Some("Runtime.exceptionThrown") => true,
                Some("Log.entryAdded") => answer["params"]["entry"]["level"] == "error",
                _ => false,
            };
            if is_complaint {
                self.complaints.push(answer["params"].to_string());
            }
        }
    }

    /// Opens an address, and waits until the page shows a state.
    pub(crate) fn open(&mut self, address: &str) -> Result<()> {
        self.call("Page.navigate", json!({ "url": address }))?;
        self.wait_for("document.querySelectorAll('.node').length > 0")
    }

    /// Evaluates an expression in the page, and waits if it is a promise.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Result<Value> {
        let parameters = json!({
            "expression": expression,
            "returnByValue": true,
            "awaitPromise": true,
        });
        let mut result = self.call("Runtime.evaluate", parameters)?;
        let exception = &result["exceptionDetails"];
        ensure!(exception.is_null(), "{expression}: {exception}");
        Ok(result["result"]["value"].take())
    }

    /// Waits until a condition holds in the page.
    pub(crate) fn wait_for(&mut self, condition: &str) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < LIMIT {
            if self.evaluate(condition)? == true {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        bail!("the page never showed: {condition}")
    }

    /// Sets the size of the page, in its pixels.
    pub(crate) fn resize(&mut self, width: u32) -> Result<()> {
        let size =
            json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size)?;
        // Once to tell the page, and once more for what it draws then.
        let frames =
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))";
        self.evaluate(&format!("{frames}.then(() => {frames})"))?;
        Ok(())
    }

    /// Sets whether the user likes dark pages.
    pub(crate) fn prefer(&mut self, scheme: &str) -> Result<()> {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        let features = json!({ "features": [feature] });
        self.call("Emulation.setEmulatedMedia", features).map(drop)
    }

    /// Presses a key.
    pub(crate) fn press(&mut self, key: &str, code: u32, text: &str) -> Result<()> {
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({ "type": kind, "key": key, "windowsVirtualKeyCode": code });
            if kind == "keyDown" {
                event["text"] = text.into();
            }
            self.call("Input.dispatchKeyEvent", event)?;
        }
        Ok(())
    }

    /// Fails if the page's scripts failed, or the browser refused something.
    pub(crate) fn check_complaints(&mut self) -> Result<()> {
        // Whatever happened before comes before the answer.
        self.evaluate("1")?;
        ensure!(self.complaints.is_empty(), "{}", self.complaints.join("\n"));
        Ok(())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads messages in a thread, so that waiting for them can end.
fn read(output: ChildStdout) -> Receiver<Value> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for message in BufReader::new(output).split(0) {
            let message = message
                .ok()
                .and_then(|message| serde_json::from_slice(&message).ok());
            if !message.is_some_and(|message| sender.send(message).is_ok()) {
                return;
            }
        }
    });
    receiver
}
