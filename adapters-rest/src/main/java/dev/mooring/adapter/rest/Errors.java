package dev.mooring.adapter.rest;

import dev.mooring.adapter.rest.edge.ApiError;
import dev.mooring.adapter.rest.edge.ErrorAnswers;
import dev.mooring.adapter.rest.edge.ErrorCode;
import dev.mooring.application.port.ClientStore.TakenField;
import dev.mooring.application.port.StoreFullException;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.domain.lifecycle.Problem;

import java.util.Optional;

/** The errors that more than one operation can have. */
final class Errors {
    private Errors() {}

    static ApiError clientNotFound() {
        return ApiError.of(ErrorCode.CLIENT_NOT_FOUND, "There is no such MCP client");
    }

    static ApiError configNotFound() {
        return ApiError.of(ErrorCode.OAUTH_CONFIG_NOT_FOUND, "OAuth config not found");
    }

    static ApiError taken(TakenField field) {
        String what =
                switch (field) {
                    case ID -> "id";
                    case NAME -> "name";
                    case SLUG -> "endpoint slug";
                };
        return ApiError.of(ErrorCode.ALREADY_TAKEN, "Another MCP client has this " + what)
                .at(field.field());
    }

    static ApiError missingField(String field) {
        return ApiError.of(ErrorCode.MISSING_FIELD, field + " is missing").at(field);
    }

    /**
     * The error for a server that was fine when it was registered: what it refuses now is its
     * fault, not that of the request.
     */
    static ApiError badGateway(Problem problem) {
        ApiError error = ApiError.of(problem);
        return problem.blame() == Problem.Blame.REFUSED ? error.as(502) : error;
    }

    static ApiError invalidField(String field, String message) {
        return ApiError.of(ErrorCode.INVALID_FIELD, field + ": " + message).at(field);
    }

    static ApiError invalidParameter(String name, String message) {
        return ApiError.of(ErrorCode.INVALID_PARAMETER, name + ": " + message).at(name);
    }

    /** The errors behind exceptions that use cases throw. */
    static Optional<ApiError> behind(Throwable thrown) {
        return thrown instanceof StoreUnavailableException
                ? Optional.of(
                        ApiError.of(
                                        ErrorCode.STORE_UNAVAILABLE,
                                        thrown instanceof StoreFullException
                                                ? "The disk of the database is full; an operator"
                                                        + " has to make room"
                                                : "The database is away or busy; try again soon")
                                .retryAfter(ErrorAnswers.RETRY_SOON))
                : Optional.empty();
    }

    /** What is fine by itself and contradicts what is stored. */
    static ApiError settingsConflict(String field, String message) {
        return ApiError.of(ErrorCode.SETTINGS_CONFLICT, field + ": " + message).at(field);
    }
}
