package dev.mooring.adapter.rest;

import static dev.mooring.domain.access.Permission.CHANGE_KEYS;
import static dev.mooring.domain.access.Permission.READ_KEYS;

import com.fasterxml.jackson.annotation.JsonUnwrapped;

import dev.mooring.adapter.rest.edge.Answer;
import dev.mooring.adapter.rest.edge.ApiError;
import dev.mooring.adapter.rest.edge.ErrorCode;
import dev.mooring.adapter.rest.edge.Json;
import dev.mooring.adapter.rest.edge.RefusedException;
import dev.mooring.adapter.rest.edge.Reply;
import dev.mooring.adapter.rest.edge.Routes;
import dev.mooring.application.KeepApiKeys;
import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.access.ApiKey;
import dev.mooring.domain.access.Caller;
import dev.mooring.domain.access.Permission;
import dev.mooring.domain.access.Role;

import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** API keys: make, list, delete. A key is in one answer only, the one to its making. */
final class KeysResource implements Resource {
    private final KeepApiKeys keepApiKeys;

    private record KeyBody(
            Optional<String> name,
            Optional<String> role,
            Optional<List<String>> scopes,
            Optional<String> expiresAt) {
        KeepApiKeys.Wanted wanted() {
            return new KeepApiKeys.Wanted(
                    needed("name", name),
                    Role.parse(needed("role", role)),
                    scopes.map(words ->
                            words.stream()
                                    .map(Permission::parse)
                                    .collect(Collectors.toUnmodifiableSet())),
                    expiry());
        }

        Optional<Instant> expiry() {
            try {
                return expiresAt.map(text -> OffsetDateTime.parse(text).toInstant());
            } catch (DateTimeParseException e) {
                throw new InvalidValueException(
                        "expires_at", "must be a time such as 2027-01-31T12:00:00Z");
            }
        }
    }

    private record KeyView(
            String id,
            String name,
            String role,
            List<String> scopes,
            Instant createdAt,
            Optional<Instant> expiresAt,
            Optional<Instant> lastUsedAt) {
        static KeyView of(ApiKey key) {
            return new KeyView(
                    key.id().value(),
                    key.name(),
                    key.role().word(),
                    key.permissions().stream().sorted().map(Permission::scope).toList(),
                    key.createdAt(),
                    key.expiresAt(),
                    key.lastUsedAt());
        }
    }

    private record CreatedView(@JsonUnwrapped KeyView description, String key) {}

    private record KeysView(List<KeyView> keys, int count) {}

    KeysResource(KeepApiKeys keepApiKeys) {
        this.keepApiKeys = keepApiKeys;
    }

    @Override
    public void addTo(Routes routes) {
        routes.guarded(Method.GET, "/api/keys", READ_KEYS, this::list)
                .guarded(Method.POST, "/api/keys", CHANGE_KEYS, this::create)
                .guarded(Method.DELETE, "/api/keys/{id}", CHANGE_KEYS, this::delete);
    }

    private Reply list(ServerRequest request, Caller caller) {
        List<KeyView> keys = keepApiKeys.list().stream().map(KeyView::of).toList();
        return Answer.json(new KeysView(keys, keys.size()));
    }

    private Reply create(ServerRequest request, Caller caller) {
        KeyBody body = Json.read(request, KeyBody.class);
        return switch (keepApiKeys.create(body.wanted(), caller)) {
            case KeepApiKeys.Outcome.Made(KeepApiKeys.Created created) ->
                    Answer.json(
                            new CreatedView(KeyView.of(created.key()), created.secret().value()));
            case KeepApiKeys.Outcome.NameTaken taken ->
                    ApiError.of(ErrorCode.ALREADY_TAKEN, "Another API key has this name")
                            .at("name");
            case KeepApiKeys.Outcome.BeyondMaker beyond ->
                    ApiError.of(
                            ErrorCode.SCOPE_INSUFFICIENT,
                            "A key can be made only with what its maker has: listed scopes where"
                                    + " that is a key with such, and no later expires_at");
        };
    }

    private Reply delete(ServerRequest request, Caller caller) {
        return switch (PathIds.apiKey(request)
                .map(id -> keepApiKeys.delete(id, caller))
                .orElse(KeepApiKeys.Deletion.NOT_FOUND)) {
            case DELETED -> Answer.json(SuccessView.of("API key deleted successfully"));
            case NOT_FOUND -> ApiError.of(ErrorCode.KEY_NOT_FOUND, "There is no such API key");
            case BEYOND_CALLER ->
                    ApiError.of(
                            ErrorCode.SCOPE_INSUFFICIENT,
                            "A key that may do more than the caller can be deleted only by who may"
                                    + " as much");
        };
    }

    private static String needed(String field, Optional<String> value) {
        return value.orElseThrow(() -> new RefusedException(Errors.missingField(field)));
    }
}
