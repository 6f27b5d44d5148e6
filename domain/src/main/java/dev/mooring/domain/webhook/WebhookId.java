package dev.mooring.domain.webhook;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.Identifiers;

import java.util.random.RandomGenerator;

/** Names one webhook. */
public record WebhookId(String value) {
    public WebhookId {
        require(value.matches("[A-Za-z0-9_-]{1,64}"), "id", "is not one of a webhook");
    }

    public static WebhookId random(RandomGenerator random) {
        return new WebhookId("hook_" + Identifiers.random128(random));
    }

    @Override
    public String toString() {
        return value;
    }
}
