/**
 * Keeps the OpenAPI document true. The contract holds each request and answer of a test against the
 * document and remembers what it has seen; the lint holds the document against itself.
 */
package dev.mooring.adapter.rest.openapi;
