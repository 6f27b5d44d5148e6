package dev.mooring.adapter.http;

import dev.mooring.domain.client.TrustedCa;

import java.util.Optional;

/**
 * How this process calls out.
 *
 * @param trust an authority that every call trusts besides the Java runtime's own
 * @param userAgent the {@code User-Agent} header, such as {@code Mooring/1.0}
 * @param connectionsPerHost open connections to one host and port at most; streams hold one each
 * @param connections open connections in all at most
 */
public record OutboundSettings(
        OutboundAllow allow,
        Optional<OutboundProxy> proxy,
        Optional<TrustedCa> trust,
        String userAgent,
        int connectionsPerHost,
        int connections) {

    public OutboundSettings {
        if (userAgent.isBlank()) {
            throw new IllegalArgumentException("userAgent is blank");
        }
        if (connectionsPerHost < 1 || connections < connectionsPerHost) {
            throw new IllegalArgumentException(
                    "connection limits are not positive or contradict each other");
        }
    }

    /** No proxy, no further authorities, 64 connections to a host, 1024 in all. */
    public static OutboundSettings of(OutboundAllow allow, String userAgent) {
        return new OutboundSettings(allow, Optional.empty(), Optional.empty(), userAgent, 64, 1024);
    }
}
