/**
 * The other side of every conversation Mooring has, in this JVM and on loopback: an OAuth 2
 * authorization server and a protected MCP server that check whatever a good server checks, record
 * each request for assertions, and misbehave at one endpoint when a test tells them how.
 */
@NullMarked
package dev.mooring.party;

import org.jspecify.annotations.NullMarked;
