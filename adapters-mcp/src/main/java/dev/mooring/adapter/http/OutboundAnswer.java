package dev.mooring.adapter.http;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** A complete answer, read to its end. */
public record OutboundAnswer(int status, Headers headers, Body body) {

    private static final Duration LONGEST_DELAY = Duration.ofDays(1);
    private static final Pattern SECONDS = Pattern.compile("\\d{1,9}");

    /** The media type without its parameters, in lower case. */
    public Optional<String> mediaType() {
        return mediaType(headers);
    }

    /**
     * How long the server asks to stay away (RFC 9110 section 10.2.3), as seconds or as a date; at
     * most a day, however long it says.
     */
    public Optional<Duration> retryAfter(InstantSource clock) {
        return headers.first("Retry-After")
                .map(String::strip)
                .flatMap(value -> delay(value, clock))
                .filter(delay -> !delay.isNegative())
                .map(delay -> delay.compareTo(LONGEST_DELAY) > 0 ? LONGEST_DELAY : delay);
    }

    private static Optional<Duration> delay(String value, InstantSource clock) {
        if (SECONDS.matcher(value).matches()) {
            return Optional.of(Duration.ofSeconds(Long.parseLong(value)));
        }
        try {
            Instant date = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(value));
            return Optional.of(Duration.between(clock.instant(), date));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    static Optional<String> mediaType(Headers headers) {
        return headers.first("Content-Type")
                .map(value -> value.split(";", 2)[0].strip().toLowerCase(Locale.ROOT))
                .filter(type -> !type.isEmpty());
    }
}
