/**
 * What an operator says about an MCP client: its names, the server it connects to, how that server
 * wants to be addressed, and which of its tools may be used. These values carry no state; the life
 * cycle does.
 */
@NullMarked
package dev.mooring.domain.client;

import org.jspecify.annotations.NullMarked;
