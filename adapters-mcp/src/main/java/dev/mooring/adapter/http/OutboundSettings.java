package dev.mooring.adapter.http;

import dev.mooring.domain.client.TrustedCa;

import java.util.Optional;

/**
 * How this process calls out.
 *
 * @param trust an authority that every call trusts besides the Java runtime's own
 * @param userAgent the {@code User-Agent} header, such as {@code Mooring/1.0}
 * @param calls connections for calls that end by themselves
 * @param streams connections for streams that are meant to stay open, which so take none from calls
 */
public record OutboundSettings(
        OutboundAllow allow,
        Optional<OutboundProxy> proxy,
        Optional<TrustedCa> trust,
        String userAgent,
        Share calls,
        Share streams) {

    /**
     * How many connections may be open at once.
     *
     * @param perHost to one host and port
     */
    public record Share(int perHost, int inAll) {

        public Share {
            if (perHost < 1 || inAll < perHost) {
                throw new IllegalArgumentException(
                        "connection limits are not positive or contradict each other");
            }
        }
    }

    public OutboundSettings {
        if (userAgent.isBlank()) {
            throw new IllegalArgumentException("userAgent is blank");
        }
    }

    /** No proxy, no further authorities; 64 calls and 64 streams to a host, 1024 each in all. */
    public static OutboundSettings of(OutboundAllow allow, String userAgent) {
        return new OutboundSettings(
                allow,
                Optional.empty(),
                Optional.empty(),
                userAgent,
                new Share(64, 1024),
                new Share(64, 1024));
    }
}
