package dev.mooring.domain.audit;

import dev.mooring.domain.InvalidValueException;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** What kinds of events this version makes. Others may be found in the trail. */
public enum EventType {
    CLIENT_REGISTERED(true),
    CLIENT_EDITED(true),
    EXCEPTIONS_CHANGED(true),
    CLIENT_DISABLED(true),
    CLIENT_ENABLED(true),
    CLIENT_REMOVED(true),
    AUTHORIZATION_STARTED(true),
    AUTHORIZATION_CLAIMED(true),
    AUTHORIZATION_FAILED(true),
    AUTHORIZATION_ELSEWHERE(true),
    AUTHORIZATION_UNKNOWN(true),
    AUTHORIZATION_EXPIRED(true),
    AUTHORIZATION_SUPERSEDED(true),
    GRANT_STORED(true),
    GRANT_OBTAINED(true),
    GRANT_REFRESHED(true),
    GRANT_REVOKED(true),
    CLIENT_CONNECTED(true),
    CLIENT_CONNECTION_FAILED(true),
    REAUTHORIZATION_NEEDED(true),
    REVOCATION_DELIVERED(true),
    REVOCATION_GIVEN_UP(true),
    REGISTRATION_MADE(false),
    REGISTRATION_RETIRED(false),
    REGISTRATION_DELETED(false),
    REGISTRATION_DELETION_GIVEN_UP(false),
    API_KEY_MADE(false),
    API_KEY_REPLACED(false),
    API_KEY_DELETED(false),
    SIGNED_IN(false),
    ENCRYPTION_KEY_ADDED(false),
    ENCRYPTION_KEY_MADE_CURRENT(false),
    ENCRYPTION_KEY_RETIRED(false),
    REQUESTS_REFUSED(false),
    EVENTS_FORGOTTEN(false),
    WEBHOOK_MADE(false),
    WEBHOOK_SECRET_ROTATED(false),
    WEBHOOK_REPLAYED(false),
    WEBHOOK_DISABLED(false),
    WEBHOOK_DELETED(false);

    private final boolean ofClient;

    EventType(boolean ofClient) {
        this.ofClient = ofClient;
    }

    /** Whether it happens to a client. */
    public boolean isOfClient() {
        return ofClient;
    }

    /** Its name in the HTTP contract and in the store. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The type behind a word.
     *
     * @throws InvalidValueException if there is none
     */
    public static EventType parse(String word) {
        return Arrays.stream(values())
                .filter(type -> type.word().equals(word))
                .findFirst()
                .orElseThrow(
                        () -> new InvalidValueException("type", "must be one of the event types"));
    }

    /**
     * The words of a list with commas, each of which must be one of ours.
     *
     * @throws InvalidValueException if one is not
     */
    public static Set<String> parseList(String words) {
        return Arrays.stream(words.split(","))
                .map(EventType::parse)
                .map(EventType::word)
                .collect(Collectors.toUnmodifiableSet());
    }
}
