package dev.mooring.domain.webhook;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.oauth.HttpUrl;

import java.net.URI;
import java.time.Instant;
import java.util.Set;

/**
 * A receiver of events. Its secrets are kept apart, so that whoever looks at it reads none.
 *
 * @param url where messages are posted to
 * @param types the words of the event types that are sent; empty: all of them
 */
public record Webhook(WebhookId id, String name, URI url, Set<String> types, Instant createdAt) {
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
}
