/** Talks to MCP servers, over either of the transports and in either era of the protocol. */
@NullMarked
package dev.mooring.adapter.mcp;

import org.jspecify.annotations.NullMarked;
