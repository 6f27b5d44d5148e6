package dev.mooring.adapter.persistence;

import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.Stored;
import dev.mooring.domain.client.ClientAuth;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientName;
import dev.mooring.domain.client.OAuthConfigId;
import dev.mooring.domain.lifecycle.ClientState;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.mcp.Transport;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Clients in the table {@code mcp_client}. */
final class JdbcClientStore implements ClientStore {

    private static final String FIND_BY_ID = "select * from mcp_client where id = :id";

    private static final String FIND_BY_OAUTH_CONFIG =
            "select * from mcp_client where oauth_config_id = :id";

    private static final String FIND_BY_NAME = "select * from mcp_client where name = :name";

    private static final String FIND_ALL =
            "select * from mcp_client where id = any (cast(:ids as text[]))";

    /** Weaker than FOR UPDATE: rows that refer to the client may still be added meanwhile. */
    private static final String LOCK = "select * from mcp_client where id = :id for no key update";

    private static final String LOCK_REVISION =
            """
            select revision from mcp_client
            where id = :id and revision = :read_revision
            for no key update
            """;

    private static final String MATCHING =
            """
            from mcp_client
            where (cast(:search as text) is null
                   or position(lower(cast(:search as text)) in lower(name)) > 0)
              and (cast(:disabled as boolean) is null or disabled = cast(:disabled as boolean))
              and (cast(:state as text) is null or state = cast(:state as text))
              and (cast(:auth_type as text) is null or auth_type = cast(:auth_type as text))
              and (cast(:transport as text) is null or transport = cast(:transport as text))
            """;

    private static final String LIST =
            "select * " + MATCHING + " order by ordinal limit :limit offset :offset";

    private static final String COUNT = "select count(*) as matching " + MATCHING;

    private static final String TAKEN =
            """
            select id = :id as same_id, name = :name as same_name
            from mcp_client
            where id = :id or name = :name or endpoint_slug = :endpoint_slug
            order by id = :id desc, name = :name desc
            limit 1
            """;

    private static final String TAKEN_BY_ANOTHER =
            """
            select name = :name as same_name
            from mcp_client
            where id <> :id and (name = :name or endpoint_slug = :endpoint_slug)
            order by name = :name desc
            limit 1
            """;

    private static final String INSERT =
            """
            insert into mcp_client (
                id, revision, created_at, name, endpoint_slug, server_uri, transport,
                protocol_version, trusted_ca, headers, auth_type, oauth_config_id, oauth_settings,
                oauth_client_secret, oauth_more_secrets, tools, tool_execution_timeout_ms, tool_sync_interval_ms,
                ping_available, disabled, state, grant_id, inventory, since, failure_code,
                failure_message, failure_at, failures, cause, cause_error, cause_scopes, connect_at)
            values (
                :id, :revision, :created_at, :name, :endpoint_slug, :server_uri, :transport,
                :protocol_version, :trusted_ca, :headers, :auth_type, :oauth_config_id,
                :oauth_settings, :oauth_client_secret, :oauth_more_secrets, :tools, :tool_execution_timeout_ms,
                :tool_sync_interval_ms, :ping_available, :disabled, :state, :grant_id, :inventory,
                :since, :failure_code, :failure_message, :failure_at, :failures, :cause, :cause_error,
                :cause_scopes, :connect_at)
            """;

    /** The same failure keeps its word, and so does a cause that only a newer version knows. */
    private static final String REPLACE =
            """
            update mcp_client set
                revision = :revision, created_at = :created_at, name = :name,
                endpoint_slug = :endpoint_slug, server_uri = :server_uri, transport = :transport,
                protocol_version = :protocol_version, trusted_ca = :trusted_ca, headers = :headers,
                auth_type = :auth_type, oauth_config_id = :oauth_config_id,
                oauth_settings = :oauth_settings, oauth_client_secret = :oauth_client_secret,
                oauth_more_secrets = :oauth_more_secrets,
                tools = :tools, tool_execution_timeout_ms = :tool_execution_timeout_ms,
                tool_sync_interval_ms = :tool_sync_interval_ms, ping_available = :ping_available,
                disabled = :disabled, connect_at = :connect_at, state = :state, grant_id = :grant_id, inventory = :inventory,
                since = :since,
                failure_code = case
                    when failure_at = :failure_at and failure_message = :failure_message
                    then failure_code else :failure_code end,
                failure_message = :failure_message, failure_at = :failure_at,
                failures = :failures,
                cause = case when since = :since and position(cause || ' ' in :known_causes) = 0
                    then cause else :cause end,
                cause_error = case when since = :since and position(cause || ' ' in :known_causes) = 0
                    then cause_error else :cause_error end,
                cause_scopes = case when since = :since and position(cause || ' ' in :known_causes) = 0
                    then cause_scopes else :cause_scopes end
            where id = :id and revision = :read_revision
            """;

    /** Looked for once, and not for each row, as the database is free to do with a subquery. */
    static final String TAKE_DUE =
            """
            with due as materialized (
                select id from mcp_client where connect_at <= (select clock_timestamp())
                order by connect_at limit :most for no key update skip locked)
            update mcp_client set
                connect_at = clock_timestamp() + :hold_ms * interval '1 millisecond'
            from due where mcp_client.id = due.id
            returning mcp_client.id
            """;

    private static final String CONNECT_LATER =
            """
            update mcp_client set connect_at = :connect_at
            where id = :id and revision = :read_revision
            """;

    private static final String DELETE = "delete from mcp_client where id = :id";

    private final JdbcUnitOfWork unitOfWork;
    private final Statements statements;
    private final SecretCipher cipher;

    JdbcClientStore(JdbcUnitOfWork unitOfWork, SecretCipher cipher) {
        this.unitOfWork = unitOfWork;
        this.statements = new Statements(unitOfWork);
        this.cipher = cipher;
    }

    @Override
    public Optional<Stored<McpClient>> find(ClientId id) {
        return one(FIND_BY_ID, new Columns().with("id", id.value()));
    }

    @Override
    public Optional<Stored<McpClient>> find(OAuthConfigId id) {
        return one(FIND_BY_OAUTH_CONFIG, new Columns().with("id", id.value()));
    }

    @Override
    public Optional<Stored<McpClient>> find(ClientName name) {
        return one(FIND_BY_NAME, new Columns().with("name", name.value()));
    }

    @Override
    public List<Stored<McpClient>> findAll(Set<ClientId> ids) {
        String[] values = ids.stream().map(ClientId::value).toArray(String[]::new);
        return statements.all(FIND_ALL, new Columns().with("ids", values)).stream()
                .map(row -> ClientRow.read(row, cipher).toStored())
                .toList();
    }

    @Override
    public Optional<Stored<McpClient>> lock(ClientId id) {
        unitOfWork.requireUnit();
        return one(LOCK, new Columns().with("id", id.value()));
    }

    @Override
    public Page list(Query query) {
        Columns matching =
                new Columns()
                        .with("search", query.search())
                        .with("disabled", query.state().map(s -> s == ClientState.DISABLED))
                        .with(
                                "state",
                                query.state()
                                        .filter(s -> s != ClientState.DISABLED)
                                        .map(ClientState::word))
                        .with("auth_type", query.authType().map(ClientAuth.Kind::word))
                        .with("transport", query.transport().map(Transport::word));
        long total = statements.one(COUNT, matching).orElseThrow().number("matching");
        List<Stored<McpClient>> clients =
                statements
                        .all(
                                LIST,
                                matching.with("limit", query.limit())
                                        .with("offset", query.offset()))
                        .stream()
                        .map(row -> ClientRow.read(row, cipher).toStored())
                        .toList();
        return new Page(clients, Math.toIntExact(total));
    }

    @Override
    public Optional<TakenField> taken(McpClient client) {
        return statements
                .one(TAKEN, names(client))
                .map(row ->
                        row.flag("same_id")
                                ? TakenField.ID
                                : row.flag("same_name") ? TakenField.NAME : TakenField.SLUG);
    }

    /** Asks first and writes then; who is beaten to it in between is run anew and asks again. */
    @Override
    public Insertion insert(McpClient client) {
        return unitOfWork.execute(() -> {
            Optional<TakenField> taken = taken(client);
            if (taken.isPresent()) {
                return new Insertion.Taken(taken.get());
            }
            ClientRow row = ClientRow.of(client, 1);
            statements.change(INSERT, row.columns(cipher));
            return new Insertion.Inserted(row.toStored());
        });
    }

    @Override
    public Replacement replace(Stored<McpClient> read, McpClient next) {
        ClientRow row = ClientRow.of(next, read.revision() + 1);
        Columns columns =
                row.columns(cipher)
                        .with("read_revision", read.revision())
                        .with("known_causes", ClientRow.Cause.KNOWN);
        return unitOfWork.execute(() -> {
            if (isRenamed(read.value(), next)) {
                // Held back until nobody can change the client any more, because a stale
                // caller is told of that first.
                if (statements.one(LOCK_REVISION, columns).isEmpty()) {
                    return new Replacement.Stale();
                }
                Optional<TakenField> taken = takenByAnother(next);
                if (taken.isPresent()) {
                    return new Replacement.Taken(taken.get());
                }
            }
            return statements.changeOne(REPLACE, columns)
                    ? new Replacement.Replaced(row.toStored())
                    : new Replacement.Stale();
        });
    }

    private static boolean isRenamed(McpClient read, McpClient next) {
        return !read.settings().name().equals(next.settings().name())
                || !read.settings().slug().equals(next.settings().slug());
    }

    @Override
    public List<ClientId> takeDue(int most, Duration hold) {
        return statements
                .all(TAKE_DUE, new Columns().with("most", most).with("hold_ms", hold.toMillis()))
                .stream()
                .map(row -> new ClientId(row.text("id")))
                .toList();
    }

    @Override
    public void connectLater(Stored<McpClient> read) {
        statements.changeOne(
                CONNECT_LATER,
                new Columns()
                        .with("id", read.value().id().value())
                        .with("read_revision", read.revision())
                        .with("connect_at", read.value().connectAt()));
    }

    @Override
    public boolean delete(ClientId id) {
        return statements.changeOne(DELETE, new Columns().with("id", id.value()));
    }

    private Optional<TakenField> takenByAnother(McpClient client) {
        return statements
                .one(TAKEN_BY_ANOTHER, names(client))
                .map(row -> row.flag("same_name") ? TakenField.NAME : TakenField.SLUG);
    }

    private static Columns names(McpClient client) {
        return new Columns()
                .with("id", client.id().value())
                .with("name", client.settings().name().value())
                .with("endpoint_slug", client.settings().slug().value());
    }

    private Optional<Stored<McpClient>> one(String sql, Columns columns) {
        return statements.one(sql, columns).map(row -> ClientRow.read(row, cipher).toStored());
    }
}
