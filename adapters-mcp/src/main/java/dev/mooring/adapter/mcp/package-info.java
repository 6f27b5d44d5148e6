/**
 * Talks to MCP servers, over either of the transports and in either era of the protocol.
 *
 * <p>{@link dev.mooring.adapter.mcp.McpHttpConnector} is the way in. It borrows a {@link
 * dev.mooring.adapter.mcp.LiveConnection} from those that this process holds; {@link
 * dev.mooring.adapter.mcp.EraDetection} makes one where there is none. What does not work travels
 * as a {@link dev.mooring.adapter.mcp.Refusal}, and only the connector turns it into an answer of
 * the port.
 */
@NullMarked
package dev.mooring.adapter.mcp;

import org.jspecify.annotations.NullMarked;
