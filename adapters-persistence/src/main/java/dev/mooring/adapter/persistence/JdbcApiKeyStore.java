package dev.mooring.adapter.persistence;

import dev.mooring.application.port.ApiKeyStore;
import dev.mooring.domain.access.ApiKey;
import dev.mooring.domain.access.ApiKeyDigest;
import dev.mooring.domain.access.ApiKeyId;
import dev.mooring.domain.access.Role;

import java.util.List;
import java.util.Optional;

/** API keys in the table {@code api_key}. */
final class JdbcApiKeyStore implements ApiKeyStore {

    private static final String FIND = "select * from api_key where digest = :digest";

    private static final String LIST = "select * from api_key order by ordinal";

    private static final String INSERT =
            """
            insert into api_key (id, name, role, digest, created_at, expires_at)
            values (:id, :name, :role, :digest, :created_at, :expires_at)
            on conflict do nothing
            """;

    private static final String DELETE = "delete from api_key where id = :id";

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
                        .with("role", key.role().word())
                        .with("digest", key.digest().value())
                        .with("created_at", key.createdAt())
                        .with("expires_at", key.expiresAt()));
    }

    @Override
    public boolean delete(ApiKeyId id) {
        return statements.changeOne(DELETE, new Columns().with("id", id.value()));
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

    private static ApiKey read(Row row) {
        return new ApiKey(
                new ApiKeyId(row.text("id")),
                row.text("name"),
                Role.parse(row.text("role")),
                new ApiKeyDigest(row.text("digest")),
                row.time("created_at"),
                row.optionalTime("expires_at"));
    }
}
