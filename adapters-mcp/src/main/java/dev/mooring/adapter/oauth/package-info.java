/**
 * Speaks OAuth to authorization servers: finds them (RFC 9728, RFC 8414), becomes their client (RFC
 * 7591), redeems, refreshes and revokes (RFC 6749, RFC 7009). Requests are written by Nimbus's
 * message classes; answers are read by our own, because real servers bend the rules in ways that
 * strict parsers refuse.
 */
@NullMarked
package dev.mooring.adapter.oauth;

import org.jspecify.annotations.NullMarked;
