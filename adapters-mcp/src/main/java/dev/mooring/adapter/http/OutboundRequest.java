package dev.mooring.adapter.http;

import dev.mooring.application.port.Budget;
import dev.mooring.domain.client.TrustedCa;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * One request. Immutable; the {@code with} methods return changed copies.
 *
 * @param uri sent byte for byte; whether it may be called is decided when it is
 * @param body {@link Body#EMPTY} for none
 * @param budget ends the call when it is spent, even where the limits would let it go on
 * @param trust a certificate authority that this call trusts besides the usual ones
 * @param followsRedirects whether up to three redirects to the same scheme, host and port are
 *     followed; GET only
 * @param freshConnection whether the call gets a connection of its own, so that a kept one that the
 *     server was just closing cannot make the fate of the request uncertain
 */
public record OutboundRequest(
        Method method,
        URI uri,
        Headers headers,
        Body body,
        CallLimits limits,
        Optional<Budget> budget,
        Optional<TrustedCa> trust,
        boolean followsRedirects,
        boolean freshConnection) {

    /** The methods that OAuth and MCP need. */
    public enum Method {
        GET,
        POST,
        DELETE
    }

    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    private static final Pattern FIELD_VALUE = Pattern.compile("[\\x20-\\x7E\\t]*");
    private static final Set<String> OURS =
            Set.of(
                    "host",
                    "connection",
                    "content-length",
                    "transfer-encoding",
                    "te",
                    "trailer",
                    "upgrade",
                    "expect",
                    "keep-alive",
                    "proxy-authorization",
                    "proxy-connection",
                    "accept-encoding");

    public OutboundRequest {
        for (Headers.Field field : headers.fields()) {
            if (!mayCarry(field.name())) {
                throw new IllegalArgumentException("header name that a request may not carry");
            }
            if (!FIELD_VALUE.matcher(field.value()).matches()) {
                throw new IllegalArgumentException(
                        "header " + field.name() + " has a value that is not printable ASCII");
            }
        }
        if (followsRedirects && method != Method.GET) {
            throw new IllegalArgumentException("only a GET follows redirects");
        }
    }

    /**
     * Whether callers may set this header; the rest, such as {@code Host}, belongs to the client.
     */
    public static boolean mayCarry(String headerName) {
        return TOKEN.matcher(headerName).matches()
                && !OURS.contains(headerName.toLowerCase(Locale.ROOT));
    }

    public static OutboundRequest get(URI uri) {
        return of(Method.GET, uri, Headers.NONE, Body.EMPTY);
    }

    public static OutboundRequest post(URI uri, String contentType, Body body) {
        return of(Method.POST, uri, Headers.NONE.with("Content-Type", contentType), body);
    }

    public static OutboundRequest delete(URI uri) {
        return of(Method.DELETE, uri, Headers.NONE, Body.EMPTY);
    }

    public OutboundRequest withHeader(String name, String value) {
        return new OutboundRequest(
                method,
                uri,
                headers.with(name, value),
                body,
                limits,
                budget,
                trust,
                followsRedirects,
                freshConnection);
    }

    public OutboundRequest withLimits(CallLimits limits) {
        return new OutboundRequest(
                method,
                uri,
                headers,
                body,
                limits,
                budget,
                trust,
                followsRedirects,
                freshConnection);
    }

    public OutboundRequest withBudget(Budget budget) {
        return new OutboundRequest(
                method,
                uri,
                headers,
                body,
                limits,
                Optional.of(budget),
                trust,
                followsRedirects,
                freshConnection);
    }

    public OutboundRequest withTrust(Optional<TrustedCa> trust) {
        return new OutboundRequest(
                method,
                uri,
                headers,
                body,
                limits,
                budget,
                trust,
                followsRedirects,
                freshConnection);
    }

    public OutboundRequest followingSameOriginRedirects() {
        return new OutboundRequest(
                method, uri, headers, body, limits, budget, trust, true, freshConnection);
    }

    public OutboundRequest onFreshConnection() {
        return new OutboundRequest(
                method, uri, headers, body, limits, budget, trust, followsRedirects, true);
    }

    /** The limit of the whole call becomes a budget, which the calls that follow it share. */
    OutboundRequest underOneBudget() {
        return limits.whole()
                .filter(whole ->
                        budget.map(Budget::remaining)
                                .filter(left -> left.compareTo(whole) < 0)
                                .isEmpty())
                .map(whole -> withBudget(Budget.of(whole)))
                .orElse(this);
    }

    OutboundRequest at(URI location) {
        return new OutboundRequest(
                method,
                location,
                headers,
                body,
                limits,
                budget,
                trust,
                followsRedirects,
                freshConnection);
    }

    private static OutboundRequest of(Method method, URI uri, Headers headers, Body body) {
        return new OutboundRequest(
                method,
                uri,
                headers,
                body,
                CallLimits.DEFAULT,
                Optional.empty(),
                Optional.empty(),
                false,
                false);
    }

    @Override
    public String toString() {
        return method + " " + uri.getScheme() + "://" + uri.getRawAuthority();
    }
}
