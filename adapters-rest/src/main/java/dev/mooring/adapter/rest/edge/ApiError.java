package dev.mooring.adapter.rest.edge;

import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.lifecycle.Problem;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An error before it becomes an answer.
 *
 * @param message for a person; our own words, without secrets and without unchecked foreign text
 * @param param the field, parameter or header that is wrong, if it is one
 * @param headers that the answer must have, such as {@code Allow} or {@code Retry-After}
 * @param extraFields of the envelope
 */
public record ApiError(
        String code,
        int status,
        ErrorType type,
        String message,
        Optional<String> param,
        List<Header> headers,
        Map<String, Object> extraFields)
        implements Reply {
    public ApiError {
        headers = List.copyOf(headers);
        extraFields = Map.copyOf(extraFields);
    }

    public static ApiError of(ErrorCode code, String message) {
        return new ApiError(
                code.word(),
                code.status(),
                code.type(),
                message,
                Optional.empty(),
                List.of(),
                Map.of());
    }

    /** The error for what kept us from what was asked: another party, as a rule. */
    public static ApiError of(Problem problem) {
        int status =
                switch (problem.blame()) {
                    case REFUSED -> 422;
                    case BROKEN -> 502;
                    case SLOW -> 504;
                    case NOBODY -> 409;
                };
        return new ApiError(
                problem.code().word(),
                status,
                problem.blame() == Problem.Blame.NOBODY ? ErrorType.CONFLICT : ErrorType.UPSTREAM,
                problem.message(),
                Optional.empty(),
                List.of(),
                Map.of());
    }

    /** The error for a field that has a value it cannot have. */
    public static ApiError of(InvalidValueException invalid) {
        return of(ErrorCode.INVALID_FIELD, invalid);
    }

    /** The same under a code of its own. */
    public static ApiError of(ErrorCode code, InvalidValueException invalid) {
        return of(code, invalid.field() + ": " + invalid.getMessage()).at(invalid.field());
    }

    /** The same error with the status that one operation has for it. */
    public ApiError as(int otherStatus) {
        return new ApiError(code, otherStatus, type, message, param, headers, extraFields);
    }

    /** The same error, blamed on one field, parameter or header. */
    public ApiError at(String name) {
        return new ApiError(code, status, type, message, Optional.of(name), headers, extraFields);
    }

    public ApiError with(Header header) {
        List<Header> more = new ArrayList<>(headers);
        more.add(header);
        return new ApiError(code, status, type, message, param, more, extraFields);
    }

    public ApiError with(String extraField, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(extraFields);
        more.put(extraField, value);
        return new ApiError(code, status, type, message, param, headers, more);
    }

    public ApiError retryAfter(Duration wait) {
        return with(HeaderValues.create(HeaderNames.RETRY_AFTER, String.valueOf(wait.toSeconds())));
    }
}
