package dev.mooring.adapter.persistence;

import static java.util.stream.Collectors.joining;

import dev.mooring.application.port.Stored;
import dev.mooring.domain.client.ClientAuth;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientName;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.client.EndpointSlug;
import dev.mooring.domain.client.OAuthConfigId;
import dev.mooring.domain.client.StaticHeaders;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.lifecycle.Access;
import dev.mooring.domain.lifecycle.ClientDetails;
import dev.mooring.domain.lifecycle.ClientState;
import dev.mooring.domain.lifecycle.Failure;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.mcp.Inventory;
import dev.mooring.domain.mcp.ProtocolVersion;
import dev.mooring.domain.mcp.ServerUri;
import dev.mooring.domain.mcp.ToolSelection;
import dev.mooring.domain.mcp.Transport;
import dev.mooring.domain.oauth.ClientSecret;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.Scopes;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/**
 * A row of {@code mcp_client}: what an operator decided, and the state with the columns it has.
 *
 * @param disabled whether an operator switched off what {@code life} describes
 */
record ClientRow(
        ClientId id,
        long revision,
        Instant createdAt,
        ClientSettings settings,
        boolean disabled,
        Life life) {

    static ClientRow of(McpClient client, long revision) {
        boolean disabled = client instanceof McpClient.Disabled;
        return new ClientRow(
                client.id(),
                revision,
                client.details().createdAt(),
                client.settings(),
                disabled,
                Life.of(client));
    }

    Stored<McpClient> toStored() {
        McpClient.Enabled enabled = life.toClient(new ClientDetails(id, settings, createdAt));
        return new Stored<>(disabled ? enabled.disable() : enabled, revision);
    }

    static ClientRow read(Row row, SecretCipher cipher) {
        ClientId id = new ClientId(row.text("id"));
        return new ClientRow(
                id,
                row.number("revision"),
                row.time("created_at"),
                readSettings(row, new RowSecrets(cipher, id.value())),
                row.flag("disabled"),
                Life.read(row));
    }

    /** Every column, whatever the state: what the state does not have becomes NULL. */
    Columns columns(SecretCipher cipher) {
        RowSecrets secrets = new RowSecrets(cipher, id.value());
        Columns columns =
                new Columns()
                        .with("id", id.value())
                        .with("revision", revision)
                        .with("created_at", createdAt)
                        .with("disabled", disabled);
        columns.with("connect_at", toStored().value().connectAt());
        addSettings(columns);
        addConnection(columns, secrets);
        addAuth(columns, secrets);
        life.addTo(columns);
        return columns;
    }

    private static ClientSettings readSettings(Row row, RowSecrets secrets) {
        return new ClientSettings(
                new ClientName(row.text("name")),
                new EndpointSlug(row.text("endpoint_slug")),
                readConnection(row, secrets),
                readAuth(row, secrets),
                readTools(row),
                Duration.ofMillis(row.number("tool_execution_timeout_ms")),
                row.optionalNumber("tool_sync_interval_ms").map(Duration::ofMillis),
                row.flag("ping_available"));
    }

    private void addSettings(Columns columns) {
        columns.with("name", settings.name().value())
                .with("endpoint_slug", settings.slug().value())
                .with("tools", tools(settings.tools()))
                .with("tool_execution_timeout_ms", settings.toolExecutionTimeout().toMillis())
                .with("tool_sync_interval_ms", settings.toolSyncInterval().map(Duration::toMillis))
                .with("ping_available", settings.pingAvailable());
    }

    private static Connection readConnection(Row row, RowSecrets secrets) {
        return new Connection(
                new ServerUri(row.text("server_uri")),
                Transport.parse(row.text("transport")),
                row.optionalText("protocol_version").map(ProtocolVersion::new),
                row.optionalText("trusted_ca").map(TrustedCa::new),
                secrets.open(row, SealedColumn.CLIENT_HEADERS)
                        .map(json -> new HeadersJson(json).toHeaders())
                        .orElse(StaticHeaders.NONE));
    }

    private void addConnection(Columns columns, RowSecrets secrets) {
        Connection connection = settings.connection();
        columns.with("server_uri", connection.server().value())
                .with("transport", connection.transport().word())
                .with("protocol_version", connection.protocolVersion().map(ProtocolVersion::value))
                .with("trusted_ca", connection.trustedCa().map(TrustedCa::pem));
        secrets.seal(columns, SealedColumn.CLIENT_HEADERS, HeadersJson.of(connection.headers()));
    }

    private enum AuthType {
        NONE,
        HEADERS,
        OAUTH
    }

    private static ClientAuth readAuth(Row row, RowSecrets secrets) {
        return switch (StoredWord.parse(AuthType.class, row.text("auth_type"))) {
            case NONE -> new ClientAuth.None();
            case HEADERS -> new ClientAuth.Headers();
            case OAUTH ->
                    new ClientAuth.OAuth(
                            new OAuthConfigId(row.text("oauth_config_id")),
                            new OAuthSettingsJson(row.text("oauth_settings"))
                                    .toSettings(
                                            secrets.open(row, SealedColumn.CLIENT_OAUTH_SECRET)
                                                    .map(ClientSecret::new),
                                            secrets.open(row, SealedColumn.CLIENT_MORE_SECRETS)
                                                    .map(MoreSecretsJson::new)));
        };
    }

    private void addAuth(Columns columns, RowSecrets secrets) {
        Optional<ClientAuth.OAuth> oauth = settings.oauth();
        columns.with("auth_type", settings.auth().kind().word())
                .with("oauth_config_id", oauth.map(o -> o.id().value()))
                .with("oauth_settings", oauth.map(o -> OAuthSettingsJson.of(o.settings()).json()));
        secrets.seal(
                columns,
                SealedColumn.CLIENT_OAUTH_SECRET,
                oauth.flatMap(o -> o.settings().clientSecret()));
        secrets.seal(
                columns,
                SealedColumn.CLIENT_MORE_SECRETS,
                oauth.flatMap(o -> MoreSecretsJson.of(o.settings())));
    }

    private static ToolSelection readTools(Row row) {
        return row.optionalText("tools")
                .<ToolSelection>map(
                        text -> new ToolSelection.Only(JsonText.texts(JsonText.read(text))))
                .orElseGet(ToolSelection.All::new);
    }

    /** NULL means all, also those the server adds later. */
    private static Optional<String> tools(ToolSelection tools) {
        return switch (tools) {
            case ToolSelection.All all -> Optional.empty();
            case ToolSelection.Only only -> Optional.of(JsonText.write(only.names()));
        };
    }

    /**
     * The state of an enabled client and the columns that depend on it.
     *
     * @param state never {@code DISABLED}, which is a column of its own
     * @param since when it was connected, or when it lost its grant
     */
    record Life(
            ClientState state,
            Optional<GrantId> grant,
            Optional<Inventory> inventory,
            Optional<Instant> since,
            Optional<Failure> failure,
            Optional<Cause> cause) {

        static Life of(McpClient client) {
            return switch (client) {
                case McpClient.Disabled disabled -> of(disabled.suspended());
                case McpClient.Pending pending -> of(pending, Optional.empty(), Optional.empty());
                case McpClient.Authorized authorized ->
                        of(authorized, Optional.empty(), Optional.empty());
                case McpClient.Connected connected ->
                        of(connected, Optional.of(connected.since()), Optional.empty());
                case McpClient.Disconnected disconnected ->
                        of(disconnected, Optional.empty(), Optional.empty());
                case McpClient.NeedsReauthorization needs ->
                        of(needs, Optional.of(needs.since()), Optional.of(Cause.of(needs.cause())));
            };
        }

        private static Life of(McpClient client, Optional<Instant> since, Optional<Cause> cause) {
            return new Life(
                    ClientState.of(client),
                    client.grant(),
                    client.inventory(),
                    since,
                    client.lastFailure(),
                    cause);
        }

        McpClient.Enabled toClient(ClientDetails details) {
            return switch (state) {
                case PENDING_OAUTH -> new McpClient.Pending(details, failure);
                case AUTHORIZED ->
                        new McpClient.Authorized(details, grant.orElseThrow(), inventory, failure);
                case CONNECTED ->
                        new McpClient.Connected(
                                details, access(), inventory.orElseThrow(), since.orElseThrow());
                case DISCONNECTED ->
                        new McpClient.Disconnected(details, access(), inventory, failure);
                case NEEDS_REAUTH ->
                        new McpClient.NeedsReauthorization(
                                details,
                                cause.orElseThrow().toDomain(),
                                since.orElseThrow(),
                                inventory);
                case DISABLED -> throw new IllegalStateException("A state of its own column");
            };
        }

        private Access access() {
            return grant.<Access>map(Access.Granted::new).orElseGet(Access.Open::new);
        }

        static Life read(Row row) {
            return new Life(
                    ClientState.parse(row.text("state")),
                    row.optionalText("grant_id").map(GrantId::new),
                    row.optionalText("inventory")
                            .map(text -> new InventoryJson(text).toInventory()),
                    row.optionalTime("since"),
                    row.optionalTime("failure_at")
                            .map(at ->
                                    new Failure(
                                            ProblemColumns.read(row, Problem.Code.SERVER_BROKEN)
                                                    .orElseThrow(),
                                            at,
                                            row.optionalNumber("failures")
                                                    .map(Math::toIntExact)
                                                    .orElse(1))),
                    Cause.read(row));
        }

        void addTo(Columns columns) {
            columns.with("state", state.word())
                    .with("grant_id", grant.map(GrantId::value))
                    .with("inventory", inventory.map(i -> InventoryJson.of(i).json()))
                    .with("since", since)
                    .with("failure_at", failure.map(Failure::at))
                    .with("failures", failure.map(Failure::inARow))
                    .with("cause", cause.map(c -> StoredWord.of(c.kind())))
                    .with("cause_error", cause.flatMap(Cause::error))
                    .with("cause_scopes", cause.flatMap(Cause::scopes));
            ProblemColumns.add(columns, failure.map(Failure::problem));
        }
    }

    /** Why there is no grant any more, in three columns. */
    record Cause(Kind kind, Optional<String> error, Optional<String> scopes) {

        enum Kind {
            REFRESH_REFUSED,
            TOKEN_REFUSED,
            SCOPE_NEEDED,
            REVOKED,
            SETTINGS_CHANGED,
            ANSWER_LOST,
            GRANT_REFUSED
        }

        /** Each word of this version, with a blank behind it. */
        static final String KNOWN =
                Arrays.stream(Kind.values())
                        .map(kind -> StoredWord.of(kind) + " ")
                        .collect(joining());

        static Cause of(ReauthorizationCause cause) {
            return switch (cause) {
                case ReauthorizationCause.RefreshRefused refused ->
                        new Cause(
                                Kind.REFRESH_REFUSED,
                                Optional.of(refused.error().code()),
                                Optional.empty());
                case ReauthorizationCause.GrantRefused refused ->
                        new Cause(
                                Kind.GRANT_REFUSED,
                                Optional.of(refused.error().code()),
                                Optional.empty());
                case ReauthorizationCause.TokenRefused refused -> plain(Kind.TOKEN_REFUSED);
                case ReauthorizationCause.ScopeNeeded needed ->
                        new Cause(
                                Kind.SCOPE_NEEDED,
                                Optional.empty(),
                                Optional.of(needed.scopes().parameter().orElse("")));
                case ReauthorizationCause.Revoked revoked -> plain(Kind.REVOKED);
                case ReauthorizationCause.SettingsChanged changed -> plain(Kind.SETTINGS_CHANGED);
                case ReauthorizationCause.AnswerLost lost -> plain(Kind.ANSWER_LOST);
            };
        }

        private static Cause plain(Kind kind) {
            return new Cause(kind, Optional.empty(), Optional.empty());
        }

        ReauthorizationCause toDomain() {
            return switch (kind) {
                case REFRESH_REFUSED ->
                        new ReauthorizationCause.RefreshRefused(
                                new OAuthError(error.orElseThrow()));
                case TOKEN_REFUSED -> new ReauthorizationCause.TokenRefused();
                case SCOPE_NEEDED ->
                        new ReauthorizationCause.ScopeNeeded(Scopes.parse(scopes.orElseThrow()));
                case REVOKED -> new ReauthorizationCause.Revoked();
                case SETTINGS_CHANGED -> new ReauthorizationCause.SettingsChanged();
                case ANSWER_LOST -> new ReauthorizationCause.AnswerLost();
                case GRANT_REFUSED ->
                        new ReauthorizationCause.GrantRefused(new OAuthError(error.orElseThrow()));
            };
        }

        static Optional<Cause> read(Row row) {
            return row.optionalText("cause")
                    .map(word ->
                            read(
                                    StoredWord.find(Kind.class, word),
                                    row.optionalText("cause_error"),
                                    row.optionalText("cause_scopes")));
        }

        /** A cause that only a newer version knows counts as the one that tells as much. */
        private static Cause read(
                Optional<Kind> known, Optional<String> error, Optional<String> scopes) {
            Kind nearest =
                    error.isPresent()
                            ? Kind.REFRESH_REFUSED
                            : scopes.isPresent() ? Kind.SCOPE_NEEDED : Kind.TOKEN_REFUSED;
            return new Cause(known.orElse(nearest), error, scopes);
        }
    }
}
