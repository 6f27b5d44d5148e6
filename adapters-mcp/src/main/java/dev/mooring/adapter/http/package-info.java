/**
 * The one way out of the process: a blocking HTTP/1.1 client for OAuth and MCP that dials only
 * addresses it has checked, and bounds every call in time and size.
 */
@NullMarked
package dev.mooring.adapter.http;

import org.jspecify.annotations.NullMarked;
