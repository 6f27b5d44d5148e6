package dev.mooring.domain.oauth;

import dev.mooring.domain.InvalidValueException;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * A rule that a real server breaks and that an operator lets it break, for one MCP client. None is
 * ever assumed.
 */
public enum Quirk {
    /** The metadata of the issuer calls it by another name (against RFC 8414 section 3.3). */
    ISSUER_MISMATCH,
    /** The protected resource metadata is for another resource (against RFC 9728 section 3.3). */
    RESOURCE_MISMATCH,
    /** The authorization server fails over {@code resource} (against RFC 8707 section 2). */
    OMIT_RESOURCE;

    /** The word of the HTTP contract. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<Quirk> find(String word) {
        return Arrays.stream(values()).filter(quirk -> quirk.word().equals(word)).findFirst();
    }

    /**
     * The one that is meant.
     *
     * @throws InvalidValueException if there is no such
     */
    public static Quirk parse(String word) {
        return find(word)
                .orElseThrow(() ->
                        new InvalidValueException(
                                "oauth_config.exceptions",
                                "can hold issuer_mismatch, resource_mismatch and omit_resource"));
    }
}
