// SPDX-License-Identifier: BSD-2-Clause

//! Which answer each request gets.

use kaal_web::{Link, PAGE, REQUEST_LIMIT};

use crate::wire::{Wire, byte, with_world};

/// The response to `request`, and whether the connection lasts.
fn response(request: &str) -> (String, bool) {
    with_world(2, |world| {
        world.wires[0] = Wire::with(request.as_bytes());
        world.settle();
        assert_eq!(world.files.open, 0);
        (world.wires[0].text(), !world.wires[0].is_finished)
    })
}

fn get(target: &str) -> (String, bool) {
    response(&format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"))
}

#[track_caller]
fn assert_status(request: &str, status: &str, keeps_alive: bool) {
    let (text, is_alive) = response(request);
    let start = format!("HTTP/1.1 {status}\r\n");
    assert!(text.starts_with(&start), "{request}: {text}");
    assert_eq!(is_alive, keeps_alive, "{request}");
}

#[test]
fn page() {
    let (text, is_alive) = get("/");
    assert!(is_alive);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, PAGE);
    assert!(head.contains("default-src 'none'; style-src 'sha256-"));
    assert!(head.contains(&format!("Content-Length: {}\r\n", PAGE.len())));
    assert!(PAGE.len() < 40_000);
    assert!(!PAGE.contains("{STYLE}") && !PAGE.contains("{SCRIPT}"));

    let tag = head.split_once("ETag: ").unwrap().1;
    let tag = tag.split_once("\r\n").unwrap().0;
    let again = format!("GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"x\", {tag}\r\n\r\n");
    let (text, _) = response(&again);
    assert!(text.starts_with("HTTP/1.1 304 Not Modified\r\n"), "{text}");
    assert!(text.ends_with("\r\n\r\n"));
}

#[test]
fn state() {
    let (text, _) = get("/api/system.json?x=y");
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("\r\nContent-Type: application/json\r\n"));
    assert!(head.contains("\r\nCache-Control: no-store\r\n"));
    assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())));
    let json: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(json["components"][0]["name"], "hello");
}

#[test]
fn files_come_whole() {
    for size in [0, 1, 5000, 100_001] {
        with_world(2, |world| {
            let request = format!("GET /files/{size} HTTP/1.1\r\nHost: a\r\n\r\n");
            world.wires[0] = Wire::with(request.as_bytes());
            world.settle();
            let received = &world.wires[0].to_client;
            let end = received.windows(4).position(|four| four == b"\r\n\r\n");
            let (head, body) = received.split_at(end.unwrap() + 4);
            let head = str::from_utf8(head).unwrap();
            assert!(head.contains(&format!("Content-Length: {size}\r\n")));
            assert!(body.iter().copied().eq((0..size).map(byte)));
            assert_eq!(world.files.open, 0);
        });
    }
}

#[test]
fn files_that_end_early_break_the_connection() {
    with_world(2, |world| {
        world.wires[0] = Wire::with(b"GET /files/short HTTP/1.1\r\nHost: a\r\n\r\n");
        world.settle();
        assert_eq!(world.wires[0].link, Link::Down);
        assert_eq!((world.files.open, world.server.counters().failed), (0, 1));
    });
}

#[test]
fn no_body_follows_a_head_alone() {
    for target in ["/", "/api/system.json", "/api/events", "/files/5000", "/x"] {
        let (text, is_alive) = response(&format!("HEAD {target} HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert!(text.ends_with("\r\n\r\n"), "{text}");
        assert_eq!(is_alive, target != "/api/events");
    }
}

#[test]
fn refusals() {
    let long = "a".repeat(REQUEST_LIMIT);
    let many = "A: b\r\n".repeat(100);
    for (request, status, keeps_alive) in [
        ("GET /x HTTP/1.1\r\nHost: a\r\n\r\n", "404 Not Found", true),
        (
            "GET /files/x HTTP/1.1\r\nHost: a\r\n\r\n",
            "404 Not Found",
            true,
        ),
        (
            "GET /files/../x HTTP/1.1\r\nHost: a\r\n\r\n",
            "400 Bad Request",
            true,
        ),
        (
            "GET /files/busy HTTP/1.1\r\nHost: a\r\n\r\n",
            "503 Service Unavailable",
            true,
        ),
        (
            "GET /files/damaged HTTP/1.1\r\nHost: a\r\n\r\n",
            "500 Internal Server Error",
            true,
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\n\r\n",
            "405 Method Not Allowed",
            false,
        ),
        ("GET / HTTP/1.1\r\n\r\n", "400 Bad Request", false),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "400 Bad Request",
            false,
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
            "400 Bad Request",
            false,
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            "400 Bad Request",
            false,
        ),
        (
            "GET / HTTP/2.0\r\n\r\n",
            "505 HTTP Version Not Supported",
            false,
        ),
        ("\x16\x03\x01\x02\x00", "400 Bad Request", false),
        (&format!("GET /{long}"), "414 URI Too Long", false),
        (
            &format!("GET / HTTP/1.1\r\nA: {long}"),
            "431 Request Header Fields Too Large",
            false,
        ),
        (
            &format!("GET / HTTP/1.1\r\n{many}\r\n"),
            "431 Request Header Fields Too Large",
            false,
        ),
    ] {
        assert_status(request, status, keeps_alive);
    }
}

#[test]
fn connections_last_as_asked() {
    assert_status("GET / HTTP/1.0\r\n\r\n", "200 OK", false);
    assert_status(
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "200 OK",
        true,
    );
    assert_status(
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: TE, Close\r\n\r\n",
        "200 OK",
        false,
    );
}

#[test]
fn requests_may_come_in_pieces_or_together() {
    let request = b"GET /files/3 HTTP/1.1\r\nHost: a\r\n\r\n";
    with_world(2, |world| {
        world.wires[0] = Wire::with(b"");
        for byte in request {
            assert!(world.wires[0].to_client.is_empty());
            world.wires[0].to_server.push(*byte);
            world.settle();
        }
        let once = world.wires[0].to_client.clone();
        world.wires[0].to_client.clear();
        world.wires[0].to_server = request.repeat(100);
        world.settle();
        assert_eq!(world.wires[0].to_client, once.repeat(100));
        assert_eq!(world.server.counters().answered, 101);
    });
}

#[test]
fn a_client_that_sends_no_more_gets_its_answer() {
    with_world(2, |world| {
        world.wires[0] = Wire::with(b"GET /files/9000 HTTP/1.1\r\nHost: a\r\n\r\n");
        world.wires[0].link = Link::Ended;
        world.settle();
        assert!(world.wires[0].to_client.len() > 9000);
        assert!(world.wires[0].is_finished);
        assert_eq!(world.wires[0].link, Link::Ended);
    });
}
