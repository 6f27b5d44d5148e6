/** The one guarded way out: every outbound call, for OAuth and MCP alike, is made through here. */
@NullMarked
package dev.mooring.adapter.http;

import org.jspecify.annotations.NullMarked;
