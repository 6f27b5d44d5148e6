package dev.mooring.domain.webhook;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.oauth.HttpUrl;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * A receiver of events.
 *
 * @param url where messages are posted to
 * @param types the words of the event types that are sent; empty: all of them
 * @param former the secret that signs as well for a while, after it was rotated
 */
public record Webhook(
        WebhookId id,
        String name,
        URI url,
        Set<String> types,
        WebhookSecret secret,
        Optional<Former> former,
        Instant createdAt) {
    /** How long an earlier secret signs beside the present one. */
    public static final Duration OVERLAP = Duration.ofHours(24);

    /** A secret that was rotated. */
    public record Former(WebhookSecret secret, Instant until) {}

    public Webhook {
        types = Set.copyOf(types);
        require(
                name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}"),
                "name",
                "must be 1 to 64 letters, digits, dots, hyphens or underscores");
        require(url.getRawFragment() == null, "url", "must not have a fragment");
    }

    /**
     * Reads a URL that was entered.
     *
     * @throws InvalidValueException if it is none
     */
    public static URI parseUrl(String text) {
        return HttpUrl.requireHttpUrl("url", text);
    }

    /** The same with another secret; this one signs as well for {@link #OVERLAP}. */
    public Webhook rotated(WebhookSecret fresh, Instant now) {
        return new Webhook(
                id,
                name,
                url,
                types,
                fresh,
                Optional.of(new Former(secret, now.plus(OVERLAP))),
                createdAt);
    }
}
