package dev.mooring.domain.audit;

import dev.mooring.domain.access.Caller;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Who does something. Foreign text of it is cut and made plain.
 *
 * @param id of a key, or the issuer's of its user, never given to anybody else; empty for others
 * @param name for people; two actors may have the same one
 */
public record Actor(Kind kind, String id, String name) {
    private static final int MAX_LENGTH = 200;

    /** A person's browser that brings an authorization response: nobody asks it who it is. */
    public static final Actor BROWSER = of(Kind.BROWSER, "");

    /** Somebody about whom nothing was recorded, as by a version that did not do so. */
    public static final Actor UNKNOWN = of(Kind.UNKNOWN, "");

    /** Where id and name come from: one and the same may mean two actors. */
    public enum Kind {
        /** The holder of an API key, by its id and its name. */
        API_KEY,
        /** A user of the OpenID Connect issuer. */
        USER,
        /** A browser without a credential. */
        BROWSER,
        /** Mooring itself, by the name of the schedule. */
        SERVICE,
        /** A user of the machine, at the command line. */
        COMMAND_LINE,
        UNKNOWN;

        /** Its name in the HTTP contract and in the store. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The kind behind a word; empty for one of a newer version. */
        public static Optional<Kind> find(String word) {
            return Arrays.stream(values()).filter(kind -> kind.word().equals(word)).findFirst();
        }
    }

    public Actor {
        id = PlainText.of(id, MAX_LENGTH);
        name = PlainText.of(name, MAX_LENGTH);
    }

    /** One that has no id. */
    public static Actor of(Kind kind, String name) {
        return new Actor(kind, "", name);
    }

    public static Actor of(Caller caller) {
        Kind kind =
                switch (caller.voucher()) {
                    case API_KEY -> Kind.API_KEY;
                    case ISSUER -> Kind.USER;
                };
        return new Actor(kind, caller.id(), caller.name());
    }

    /** Mooring itself, at something that nobody asked for. */
    public static Actor service(String schedule) {
        return of(Kind.SERVICE, schedule);
    }

    /** Whether this is the id or the name. */
    public boolean isCalled(String word) {
        return name.equals(word) || id.equals(word);
    }
}
