package dev.mooring.adapter.rest.edge;

import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The body of every answer that is not a success, in the shape that Bifrost's clients expect. */
record ErrorEnvelope(
        UUID eventId,
        ErrorType type,
        boolean isBifrostError,
        int statusCode,
        ErrorField error,
        Map<String, Object> extraFields) {
    record ErrorField(
            ErrorType type, String code, String message, Optional<String> param, UUID eventId) {}

    static ErrorEnvelope of(ApiError error, UUID eventId) {
        return new ErrorEnvelope(
                eventId,
                error.type(),
                false,
                error.status(),
                new ErrorField(error.type(), error.code(), error.message(), error.param(), eventId),
                error.extraFields());
    }
}
