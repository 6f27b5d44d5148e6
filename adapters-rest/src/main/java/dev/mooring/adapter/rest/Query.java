package dev.mooring.adapter.rest;

import dev.mooring.adapter.rest.edge.RefusedException;
import dev.mooring.domain.InvalidValueException;

import io.helidon.webserver.http.ServerRequest;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** The query parameters of a request, each given once or not at all. */
final class Query {
    private final ServerRequest request;

    Query(ServerRequest request) {
        this.request = request;
    }

    /** The decoded value; an empty one is as good as none. */
    Optional<String> text(String name) {
        List<String> values = request.query().all(name, List::of);
        if (values.size() > 1) {
            throw refused(name, "is given more than once");
        }
        Optional<String> text = values.stream().filter(value -> !value.isEmpty()).findFirst();
        if (text.filter(value -> value.chars().anyMatch(Character::isISOControl)).isPresent()) {
            throw refused(name, "must not contain control characters");
        }
        return text;
    }

    Optional<String> text(String name, int maxLength) {
        Optional<String> text = text(name);
        if (text.filter(value -> value.length() > maxLength).isPresent()) {
            throw refused(name, "must not be longer than " + maxLength + " characters");
        }
        return text;
    }

    /** The value as something of the domain, which says itself what it may be. */
    <T> Optional<T> value(String name, Function<String, T> parse) {
        try {
            return text(name).map(parse);
        } catch (InvalidValueException e) {
            throw refused(name, String.valueOf(e.getMessage()));
        }
    }

    Optional<String> oneOf(String name, Set<String> words) {
        Optional<String> text = text(name);
        if (text.filter(word -> !words.contains(word)).isPresent()) {
            throw refused(name, "must be one of " + String.join(", ", new TreeSet<>(words)));
        }
        return text;
    }

    int number(String name, int least, int most, int otherwise) {
        Optional<String> text = text(name);
        if (text.isEmpty()) {
            return otherwise;
        }
        boolean plain = text.get().matches("[0-9]{1,10}");
        long value = plain ? Long.parseLong(text.get()) : -1;
        if (value < least || value > most) {
            throw refused(name, "must be between " + least + " and " + most);
        }
        return (int) value;
    }

    /** A place in the audit trail. */
    Optional<Long> position(String name) {
        return text(name).map(value -> position(name, value));
    }

    /** The same as a header has it. */
    static long position(String name, String value) {
        if (!value.matches("[0-9]{1,18}")) {
            throw refused(name, "must be the id of an event");
        }
        return Long.parseLong(value);
    }

    Optional<Instant> time(String name) {
        try {
            return text(name).map(value -> OffsetDateTime.parse(value).toInstant());
        } catch (DateTimeParseException e) {
            throw refused(name, "must be a time such as 2027-01-31T12:00:00Z");
        }
    }

    private static RefusedException refused(String name, String message) {
        return new RefusedException(Errors.invalidParameter(name, message));
    }
}
