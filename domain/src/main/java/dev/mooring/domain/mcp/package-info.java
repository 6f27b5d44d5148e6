/**
 * The values of the Model Context Protocol that a connection needs: where a server is, which
 * revision of the protocol it speaks and so which era it belongs to, who it says it is, and which
 * tools it offers.
 */
@NullMarked
package dev.mooring.domain.mcp;

import org.jspecify.annotations.NullMarked;
