package dev.mooring.adapter.http;

import java.util.Locale;
import java.util.Optional;

/** A complete answer, read to its end. */
public record OutboundAnswer(int status, Headers headers, Body body) {

    /** The media type without its parameters, in lower case. */
    public Optional<String> mediaType() {
        return mediaType(headers);
    }

    static Optional<String> mediaType(Headers headers) {
        return headers.first("Content-Type")
                .map(value -> value.split(";", 2)[0].strip().toLowerCase(Locale.ROOT))
                .filter(type -> !type.isEmpty());
    }
}
