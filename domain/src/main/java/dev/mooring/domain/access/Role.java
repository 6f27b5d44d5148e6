package dev.mooring.domain.access;

import dev.mooring.domain.InvalidValueException;

import java.util.Arrays;
import java.util.Locale;

/** What a caller may do, in ascending power: each role may do all that the ones before it may. */
public enum Role {
    /** Reads everything but secrets, which nobody reads. */
    VIEWER,
    /** Also does everything on clients. */
    OPERATOR,
    /** Also keeps the keys. */
    ADMIN;

    public boolean includes(Role needed) {
        return compareTo(needed) >= 0;
    }

    /** The name of the role in the HTTP contract and in tokens. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Role parse(String word) {
        return Arrays.stream(values())
                .filter(role -> role.word().equals(word))
                .findFirst()
                .orElseThrow(() ->
                        new InvalidValueException("role", "must be viewer, operator or admin"));
    }
}
