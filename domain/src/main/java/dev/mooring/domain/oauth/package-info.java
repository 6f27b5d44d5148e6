/**
 * The values of OAuth 2 as the MCP authorization specification uses them: who issues (RFC 8414),
 * what is protected (RFC 9728), what is asked for and answered (RFC 6749, RFC 7636, RFC 8707, RFC
 * 9207), and how our client is known (RFC 7591). Each type names its clause; comparison is always
 * by plain string, as the RFCs demand.
 */
@NullMarked
package dev.mooring.domain.oauth;

import org.jspecify.annotations.NullMarked;
