package dev.mooring.adapter.persistence;

import dev.mooring.application.port.WebhookStore;
import dev.mooring.domain.lifecycle.RunId;
import dev.mooring.domain.webhook.SigningSecrets;
import dev.mooring.domain.webhook.Webhook;
import dev.mooring.domain.webhook.WebhookId;
import dev.mooring.domain.webhook.WebhookSecret;

import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Webhooks in the table {@code webhook}. */
final class JdbcWebhookStore implements WebhookStore {

    private static final String INSERT =
            """
            insert into webhook (
                id, name, url, types, secret, former_secret, former_until, created_at, position)
            values (
                :id, :name, :url, :types, :secret, :former_secret, :former_until, :created_at, :position)
            on conflict do nothing
            """;

    private static final String STANDING =
            """
            id, name, url, types, created_at, position, disabled, attempts, failing_since, failure_code,
                last_success_at
            """;

    private static final String LIST = "select " + STANDING + " from webhook order by ordinal";

    private static final String FIND = "select " + STANDING + " from webhook where id = :id";

    private static final String SECRETS =
            "select secret, former_secret, former_until from webhook where id = :id";

    private static final String DELETE = "delete from webhook where id = :id";

    private static final String STORE_SECRETS =
            """
            update webhook set
                secret = :secret, former_secret = :former_secret, former_until = :former_until
            where id = :id
            """;

    /** Ends a run that is under way: what it notes comes too late. */
    private static final String RESUME =
            """
            update webhook set
                position = coalesce(cast(:position as bigint), position), disabled = false,
                attempts = 0, failing_since = null, failure_code = null,
                due_at = clock_timestamp(), run_id = null, lease_until = null
            where id = :id
            """;

    private static final String TAKE =
            """
            update webhook set
                run_id = :run_id,
                lease_until = clock_timestamp() + :lease_ms * interval '1 millisecond'
            where id in (
                select id from webhook
                where not disabled and position < :newest and due_at <= clock_timestamp()
                  and (lease_until is null or lease_until <= clock_timestamp())
                for update skip locked)
            returning
            """
                    + STANDING;

    private static final String ADVANCE =
            """
            update webhook set
                position = greatest(position, :position),
                lease_until = clock_timestamp() + :lease_ms * interval '1 millisecond',
                attempts = case when :sent then 0 else attempts end,
                failing_since = case when :sent then null else failing_since end,
                failure_code = case when :sent then null else failure_code end,
                last_success_at = case when :sent then clock_timestamp() else last_success_at end
            where id = :id and run_id = :run_id
            """;

    private static final String RELEASE =
            """
            update webhook set run_id = null, lease_until = null
            where id = :id and run_id = :run_id
            """;

    private static final String FAIL =
            """
            update webhook set
                run_id = null, lease_until = null, attempts = attempts + 1,
                failing_since = coalesce(failing_since, clock_timestamp()),
                last_failure_at = clock_timestamp(), failure_code = :code,
                disabled = cast(:delay_ms as bigint) is null,
                due_at = clock_timestamp()
                    + coalesce(cast(:delay_ms as bigint), 0) * interval '1 millisecond'
            where id = :id and run_id = :run_id
            """;

    private final Statements statements;
    private final SecretCipher cipher;

    JdbcWebhookStore(JdbcUnitOfWork unitOfWork, SecretCipher cipher) {
        this.statements = new Statements(unitOfWork);
        this.cipher = cipher;
    }

    @Override
    public boolean insert(Webhook webhook, SigningSecrets secrets, long position) {
        Columns columns =
                id(webhook.id())
                        .with("name", webhook.name())
                        .with("url", webhook.url().toString())
                        .with(
                                "types",
                                webhook.types().stream().sorted().collect(Collectors.joining(" ")))
                        .with("created_at", webhook.createdAt())
                        .with("position", position);
        seal(webhook.id(), secrets, columns);
        return statements.changeOne(INSERT, columns);
    }

    @Override
    public List<Standing> list() {
        return statements.all(LIST, new Columns()).stream().map(JdbcWebhookStore::read).toList();
    }

    @Override
    public Optional<Standing> find(WebhookId id) {
        return statements.one(FIND, id(id)).map(JdbcWebhookStore::read);
    }

    @Override
    public boolean delete(WebhookId id) {
        return statements.changeOne(DELETE, id(id));
    }

    @Override
    public Optional<SigningSecrets> secrets(WebhookId id) {
        RowSecrets sealed = sealed(id);
        return statements
                .one(SECRETS, id(id))
                .map(row ->
                        new SigningSecrets(
                                sealed.open(row, SealedColumn.WEBHOOK_SECRET)
                                        .map(WebhookSecret::new)
                                        .orElseThrow(),
                                sealed.open(row, SealedColumn.WEBHOOK_FORMER_SECRET)
                                        .map(WebhookSecret::new)
                                        .map(secret ->
                                                new SigningSecrets.Former(
                                                        secret, row.time("former_until")))));
    }

    @Override
    public boolean storeSecrets(WebhookId id, SigningSecrets secrets) {
        Columns columns = id(id);
        seal(id, secrets, columns);
        return statements.changeOne(STORE_SECRETS, columns);
    }

    @Override
    public boolean resume(WebhookId id, Optional<Long> position) {
        return statements.changeOne(RESUME, id(id).with("position", position));
    }

    @Override
    public List<Standing> take(long newest, RunId run, Duration lease) {
        return statements
                .all(
                        TAKE,
                        new Columns()
                                .with("run_id", run.value())
                                .with("lease_ms", lease.toMillis())
                                .with("newest", newest))
                .stream()
                .map(JdbcWebhookStore::read)
                .toList();
    }

    @Override
    public boolean advance(WebhookId id, RunId run, long position, boolean sent, Duration lease) {
        return statements.changeOne(
                ADVANCE,
                of(id, run)
                        .with("position", position)
                        .with("lease_ms", lease.toMillis())
                        .with("sent", sent));
    }

    @Override
    public void release(WebhookId id, RunId run) {
        statements.changeOne(RELEASE, of(id, run));
    }

    @Override
    public boolean fail(WebhookId id, RunId run, String code, Optional<Duration> delay) {
        return statements.changeOne(
                FAIL,
                of(id, run).with("code", code).with("delay_ms", delay.map(Duration::toMillis)));
    }

    private static Columns id(WebhookId id) {
        return new Columns().with("id", id.value());
    }

    private static Columns of(WebhookId id, RunId run) {
        return id(id).with("run_id", run.value());
    }

    private void seal(WebhookId id, SigningSecrets secrets, Columns columns) {
        RowSecrets sealed = sealed(id);
        sealed.seal(columns, SealedColumn.WEBHOOK_SECRET, Optional.of(secrets.current()));
        sealed.seal(
                columns,
                SealedColumn.WEBHOOK_FORMER_SECRET,
                secrets.former().map(SigningSecrets.Former::secret));
        columns.with("former_until", secrets.former().map(SigningSecrets.Former::until));
    }

    private RowSecrets sealed(WebhookId id) {
        return new RowSecrets(cipher, id.value());
    }

    private static Standing read(Row row) {
        return new Standing(
                new Webhook(
                        new WebhookId(row.text("id")),
                        row.text("name"),
                        URI.create(row.text("url")),
                        Arrays.stream(row.text("types").split(" "))
                                .filter(word -> !word.isEmpty())
                                .collect(Collectors.toSet()),
                        row.time("created_at")),
                row.number("position"),
                row.flag("disabled"),
                Math.toIntExact(row.number("attempts")),
                row.optionalTime("failing_since"),
                row.optionalText("failure_code"),
                row.optionalTime("last_success_at"));
    }
}
