package dev.mooring.adapter.persistence;

import dev.mooring.application.port.ApiKeyStore;
import dev.mooring.domain.access.ApiKey;
import dev.mooring.domain.access.ApiKeyDigest;
import dev.mooring.domain.access.ApiKeyId;
import dev.mooring.domain.access.Permission;
import dev.mooring.domain.access.Role;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** API keys in the table {@code api_key}. */
final class JdbcApiKeyStore implements ApiKeyStore {

    /** Before the digest of a key with scopes, which a version without them must not find. */
    private static final String NARROWED = "narrowed:";

    private static final String FIND = "select * from api_key where right(digest, 64) = :digest";

    private static final String LIST = "select * from api_key order by ordinal";

    private static final String INSERT =
            """
            insert into api_key (
                id, name, role, narrow_role, scopes, digest, created_at, expires_at)
            values (:id, :name, :role, :narrow_role, :scopes, :digest, :created_at, :expires_at)
            on conflict do nothing
            """;

    private static final String DELETE = "delete from api_key where id = :id";

    private static final String RECORD_USE =
            """
            update api_key set last_used_at = :at
            where id = :id and (last_used_at is null or last_used_at <= :before)
            """;

    private static final String DELETE_NAMED = "delete from api_key where name = :name";

    /** Two nodes that start on an empty store must not both find it empty. */
    private static final String LOCK = "lock table api_key in share row exclusive mode";

    private static final String IS_EMPTY = "select not exists (select from api_key) as empty";

    private final JdbcUnitOfWork unitOfWork;
    private final Statements statements;

    JdbcApiKeyStore(JdbcUnitOfWork unitOfWork) {
        this.unitOfWork = unitOfWork;
        this.statements = new Statements(unitOfWork);
    }

    @Override
    public Optional<ApiKey> find(ApiKeyDigest digest) {
        return statements
                .one(FIND, new Columns().with("digest", digest.value()))
                .map(JdbcApiKeyStore::read);
    }

    @Override
    public List<ApiKey> list() {
        return statements.all(LIST, new Columns()).stream().map(JdbcApiKeyStore::read).toList();
    }

    @Override
    public boolean insert(ApiKey key) {
        return statements.changeOne(
                INSERT,
                new Columns()
                        .with("id", key.id().value())
                        .with("name", key.name())
                        .with("role", olderRole(key.role()).word())
                        .with(
                                "narrow_role",
                                Optional.of(key.role())
                                        .filter(role -> role != olderRole(role))
                                        .map(Role::word))
                        .with("scopes", key.scopes().map(JdbcApiKeyStore::words))
                        .with(
                                "digest",
                                (key.scopes().isPresent() ? NARROWED : "") + key.digest().value())
                        .with("created_at", key.createdAt())
                        .with("expires_at", key.expiresAt()));
    }

    @Override
    public boolean delete(ApiKeyId id) {
        return statements.changeOne(DELETE, new Columns().with("id", id.value()));
    }

    @Override
    public void recordUse(ApiKeyId id, Instant at) {
        statements.changeOne(
                RECORD_USE,
                new Columns()
                        .with("id", id.value())
                        .with("at", at)
                        .with("before", at.minus(USE_GRAIN)));
    }

    @Override
    public void replace(ApiKey key) {
        unitOfWork.run(() -> {
            statements.changeOne(DELETE_NAMED, new Columns().with("name", key.name()));
            if (!insert(key)) {
                throw new IllegalStateException("The secret of the new key is taken");
            }
        });
    }

    @Override
    public boolean insertFirst(ApiKey key) {
        return unitOfWork.execute(() -> {
            statements.change(LOCK, new Columns());
            boolean empty = statements.one(IS_EMPTY, new Columns()).orElseThrow().flag("empty");
            return empty && insert(key);
        });
    }

    /** What a version that has no auditors takes the key for; it may then do less, not more. */
    private static Role olderRole(Role role) {
        return switch (role) {
            case AUDITOR -> Role.VIEWER;
            case VIEWER, OPERATOR, ADMIN -> role;
        };
    }

    private static String words(Set<Permission> scopes) {
        return scopes.stream().sorted().map(Permission::scope).collect(Collectors.joining(" "));
    }

    /** What only a newer version knows is nothing that this one could allow. */
    private static Set<Permission> readScopes(String words) {
        return Arrays.stream(words.split(" "))
                .map(Permission::find)
                .flatMap(Optional::stream)
                .collect(Collectors.toUnmodifiableSet());
    }

    private static ApiKey read(Row row) {
        String digest = row.text("digest");
        return new ApiKey(
                new ApiKeyId(row.text("id")),
                row.text("name"),
                Role.parse(row.optionalText("narrow_role").orElseGet(() -> row.text("role"))),
                row.optionalText("scopes").map(JdbcApiKeyStore::readScopes),
                new ApiKeyDigest(
                        digest.startsWith(NARROWED) ? digest.substring(NARROWED.length()) : digest),
                row.time("created_at"),
                row.optionalTime("expires_at"),
                row.optionalTime("last_used_at"));
    }
}
