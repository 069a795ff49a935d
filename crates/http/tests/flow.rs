//! Content that flows, both ways.

#![allow(clippy::unwrap_used)] // helpers of tests

mod world;

use world::world;

#[tokio::test]
async fn content_flows_in_and_is_counted_by_the_feature() {
    let world = world().await;
    let much = "y".repeat(3_000_000);
    let answer = world.ask("PUT", "/flow/a", "", &much).await;
    assert_eq!((answer.status, &*answer.content), (201, "3000000"), "more than http_body_bytes");
    assert!(answer.head.contains("x-bytes: 3000000"));
    assert!(answer.head.contains("x-content-type-options: nosniff"));
}

#[tokio::test]
async fn content_flows_out_with_its_length() {
    let world = world().await;
    let answer = world.get("/flow/x?12345", "").await;
    assert!(answer.head.contains("content-length: 12345"), "{}", answer.head);
    assert_eq!(answer.content, "x".repeat(12_345));
}

#[tokio::test]
async fn a_head_request_has_the_length_and_no_content() {
    let world = world().await;
    let answer = world.ask("HEAD", "/flow/x?12345", "", "").await;
    assert!(answer.head.contains("content-length: 12345"), "{}", answer.head);
    assert!(answer.head.contains("x-method: HEAD"));
    assert_eq!(answer.content, "");
}

#[tokio::test]
async fn content_that_ends_early_breaks_the_connection() {
    let world = world().await;
    let answer = world.get("/flow/x!?5000", "").await;
    assert!(answer.head.contains("content-length: 5000"));
    assert_eq!(answer.content.len(), 4999, "and nothing makes up for the missing byte");
}
