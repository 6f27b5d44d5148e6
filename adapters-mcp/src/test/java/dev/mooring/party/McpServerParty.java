package dev.mooring.party;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/**
 * A strict MCP server: Streamable HTTP of both eras and the older HTTP+SSE transport, with tools,
 * protected by an authorization server's tokens (RFC 9728 metadata, RFC 6750 challenges), by a
 * static header, or not at all.
 *
 * <p>It accepts only tokens that were issued for this very resource, records everything it receives
 * and every violation of the protocol, and is honest until told to {@link #misbehave}.
 */
public final class McpServerParty implements AutoCloseable {

    /** What it speaks; see the three classes of these names. */
    public enum Era {
        MODERN,
        LEGACY,
        HTTP_SSE
    }

    /** Where the protected resource metadata is (RFC 9728 §3.1). */
    public enum MetadataPlace {
        /** The well-known part before the endpoint's path. */
        AT_PATH,
        /** The well-known address of the origin, whose document is about the whole origin. */
        AT_ROOT,
        /** An address that only the challenge tells. */
        CUSTOM,
        /** Nowhere. */
        NOWHERE
    }

    /** What {@link #misbehave} may name besides the JSON-RPC methods. */
    public static final String METADATA = "metadata";

    /** The GET that opens or resumes an event stream; see {@link #METADATA}. */
    public static final String STREAM = "GET";

    /** The DELETE that ends a session; see {@link #METADATA}. */
    public static final String END = "DELETE";

    /** Who is let in. */
    private sealed interface Protection {
        record Nobody() implements Protection {}

        record Header(String name, String value) implements Protection {}

        record Token(AuthorizationServerParty issuer) implements Protection {}
    }

    /** How a party is to be; start from {@link #settings()}. */
    public static final class Settings {
        private String path = "/mcp";
        private Set<Era> eras = EnumSet.of(Era.MODERN, Era.LEGACY);
        private Framing framing = Framing.JSON;
        private List<PartyTool> tools =
                List.of(PartyTool.echo(), PartyTool.add(), PartyTool.failing());
        private int pageSize = 100;
        private Protection protection = new Protection.Nobody();
        private Set<String> scopes = new LinkedHashSet<>();
        private MetadataPlace metadataPlace = MetadataPlace.AT_PATH;
        private boolean challengesName = true;
        private Set<String> challenged = Set.of();
        private boolean mindsAudiences = true;
        private String messages = HttpSseEra.MESSAGES;
        private boolean offersDpop;
        private boolean offersBearer = true;
        private boolean wantsNonces;

        private Settings() {}

        /** The path of the endpoint; {@code /mcp} unless said otherwise. */
        public Settings path(String endpoint) {
            path = endpoint;
            return this;
        }

        /** What it speaks; both eras of Streamable HTTP unless said otherwise. */
        public Settings speaking(Era first, Era... more) {
            eras = EnumSet.of(first, more);
            return this;
        }

        /** How answers are framed; plain JSON unless said otherwise. */
        public Settings framing(Framing answers) {
            framing = answers;
            return this;
        }

        /** The tools. */
        public Settings tools(PartyTool... offered) {
            tools = List.of(offered);
            return this;
        }

        /** How many tools a page of {@code tools/list} has. */
        public Settings pageSize(int size) {
            pageSize = size;
            return this;
        }

        /** Wants tokens of this server that were issued for this resource with all these scopes. */
        public Settings protectedBy(AuthorizationServerParty issuer, String... scopesOfAll) {
            protection = new Protection.Token(issuer);
            scopes = new LinkedHashSet<>(List.of(scopesOfAll));
            return this;
        }

        /** Wants this header with every request. */
        public Settings wantingHeader(String name, String value) {
            protection = new Protection.Header(name, value);
            return this;
        }

        /** Where the metadata is; at the path unless said otherwise. */
        public Settings metadata(MetadataPlace place) {
            metadataPlace = place;
            return this;
        }

        /** Does not tell in its challenges where the metadata is, nor the scopes. */
        public Settings withBareChallenges() {
            challengesName = false;
            return this;
        }

        /** Lets everybody connect and list, and wants a token only for {@code tools/call}. */
        public Settings challengingOnlyCalls() {
            return challengingOnly("tools/call");
        }

        /** Wants a token only for these JSON-RPC methods. */
        public Settings challengingOnly(String... methods) {
            challenged = Set.of(methods);
            return this;
        }

        /** Takes tokens that are for no resource in particular. */
        public Settings takingTokensForEverybody() {
            mindsAudiences = false;
            return this;
        }

        /** Takes bound tokens with their proofs (RFC 9449 §7), beside bearer tokens. */
        public Settings takingProofs() {
            offersDpop = true;
            return this;
        }

        /** Takes bound tokens only, and says so in metadata and challenge. */
        public Settings wantingProofs() {
            offersBearer = false;
            return takingProofs();
        }

        /** Wants its nonce in the proofs (RFC 9449 §9). */
        public Settings wantingNonces() {
            wantsNonces = true;
            return this;
        }

        /** HTTP+SSE only: the address that the first event tells clients to post to. */
        public Settings messagesAt(String address) {
            messages = address;
            return this;
        }

        /** Starts the party on a free loopback port. */
        public McpServerParty start() {
            return new McpServerParty(this);
        }
    }

    private static final String WELL_KNOWN = "/.well-known/oauth-protected-resource";

    private final Settings settings;
    private final Script<String> script = new Script<>();
    private final List<String> violations = new CopyOnWriteArrayList<>();
    private final Toolbox tools;
    private final ModernEra modern;
    private final LegacyEra legacy;
    private final HttpSseEra httpSse;
    private final LoopbackServer server;
    private final DpopJudge judge;
    private volatile Set<Era> eras;

    private McpServerParty(Settings settings) {
        this.settings = settings;
        this.eras = settings.eras;
        this.tools = new Toolbox(settings.tools, settings.pageSize);
        ObjectNode info = JsonRpc.object().put("name", "party").put("version", "1.0.0");
        this.modern = new ModernEra(tools, settings.framing, info);
        this.legacy = new LegacyEra(tools, settings.framing, info);
        this.httpSse = new HttpSseEra(tools, info, settings.messages);
        this.judge = new DpopJudge(settings.wantsNonces);
        this.server = LoopbackServer.start(this::answer);
    }

    /** Settings of an open dual-era server, to be varied. */
    public static Settings settings() {
        return new Settings();
    }

    /** The address clients are given. */
    public String endpoint() {
        return server.origin() + settings.path;
    }

    /** The resource identifier that tokens must be bound to, exactly as the metadata says it. */
    public String resource() {
        return settings.metadataPlace == MetadataPlace.AT_ROOT ? server.origin() : endpoint();
    }

    /** Misbehaves at this JSON-RPC method, or at one of this class's constants. */
    public void misbehave(String at, Mischief mischief) {
        script.always(at, mischief);
    }

    /** Misbehaves once; calls queue up. */
    public void misbehaveOnce(String at, Mischief mischief) {
        script.once(at, mischief);
    }

    /** Is honest again. */
    public void behave() {
        script.clear();
    }

    /** Speaks something else from now on, as a server does after an upgrade. */
    public void speak(Era first, Era... more) {
        eras = EnumSet.of(first, more);
    }

    /** Offers other tools from now on. */
    public void offer(PartyTool... others) {
        tools.replace(List.of(others));
    }

    /** Forgets all sessions of the legacy era, as a restart does. */
    public void forgetSessions() {
        legacy.forgetSessions();
    }

    /** How many sessions of the legacy era were ever opened. */
    public int sessionsOpened() {
        return legacy.opened();
    }

    /** How many sessions of the legacy era are open. */
    public int openSessions() {
        return legacy.open();
    }

    /** How many HTTP+SSE streams are open. */
    public int openStreams() {
        return httpSse.open();
    }

    /** How often this tool ran. */
    public int calls(String tool) {
        return tools.calls(tool);
    }

    /** What was wrong with requests that came, in order: a conformant client causes none. */
    public List<String> violations() {
        return List.copyOf(violations);
    }

    /** Everything received, in order. */
    public List<Received> received() {
        return server.received();
    }

    /** The requests of this JSON-RPC method, in order. */
    public List<Received> received(String method) {
        return received().stream().filter(request -> key(request).equals(method)).toList();
    }

    @Override
    public void close() {
        server.close();
    }

    private Answer answer(Received request) {
        return script.play(
                key(request),
                request,
                () -> {
                    Answer answer = honest(request);
                    boolean expected = answer.status() < 400 || answer.status() == 401;
                    if (!expected && answer.status() != 403 && !isProbe(request)) {
                        violations.add(key(request) + ": " + answer.status() + " " + answer.body());
                    }
                    return answer;
                });
    }

    private Answer honest(Received request) {
        if (request.path().contains("/.well-known/") || isCustomMetadata(request)) {
            return metadata(request);
        }
        boolean toMessages =
                eras.contains(Era.HTTP_SSE) && request.path().equals(HttpSseEra.MESSAGES);
        if (!toMessages && !request.path().equals(settings.path)) {
            return Answer.empty(404);
        }
        return guarded(request, () -> toMessages ? message(request, true) : endpoint(request));
    }

    private Answer endpoint(Received request) {
        return switch (request.method()) {
            case "POST" -> message(request, false);
            case "GET" -> eras.contains(Era.HTTP_SSE) ? httpSse.stream() : resume(request);
            case "DELETE" -> eras.contains(Era.LEGACY) ? legacy.end(request) : Answer.empty(405);
            default -> Answer.empty(405);
        };
    }

    private Answer resume(Received request) {
        return eras.contains(Era.LEGACY) ? legacy.resume(request) : Answer.empty(405);
    }

    private Answer message(Received request, boolean toMessages) {
        if (!request.hasMediaType("application/json")) {
            return Answer.empty(415);
        }
        JsonNode message = request.json().orElseGet(JsonRpc::object);
        if (!JsonRpc.isWellFormed(message)) {
            return Answer.json(
                    400,
                    JsonRpc.error(message.path("id"), JsonRpc.INVALID_REQUEST, "Not JSON-RPC 2.0"));
        }
        if (toMessages) {
            return httpSse.answer(request, message);
        }
        if (ModernEra.claims(request, message) && eras.contains(Era.MODERN)) {
            return modern.answer(request, message);
        }
        if (eras.contains(Era.LEGACY)) {
            return legacy.answer(request, message);
        }
        return eras.contains(Era.MODERN)
                ? ModernEra.unsupportedVersion(
                        message.path("id"), message.path("params").path("protocolVersion").asText())
                : Answer.empty(405).with("Allow", "GET");
    }

    private Answer guarded(Received request, Supplier<Answer> answer) {
        return switch (settings.protection) {
            case Protection.Nobody() -> answer.get();
            case Protection.Header(String name, String value) ->
                    request.header(name).filter(value::equals).isPresent()
                            ? answer.get()
                            : Answer.empty(401);
            case Protection.Token(AuthorizationServerParty issuer) ->
                    challenge(request, issuer).orElseGet(answer);
        };
    }

    private Optional<Answer> challenge(Received request, AuthorizationServerParty issuer) {
        if (!settings.challenged.isEmpty() && !settings.challenged.contains(key(request))) {
            return Optional.empty();
        }
        // RFC 6750 §2.3 is closed to MCP clients: a token never goes into the query.
        if (request.query().first("access_token").isPresent()) {
            violations.add("A token came in the query.");
            return Optional.of(Answer.empty(400));
        }
        Optional<String> credentials = request.header("Authorization");
        // RFC 6750 §3.1: where no token was sent, the challenge carries no error code.
        if (credentials.isEmpty()) {
            return Optional.of(challenge(401, "", settings.scopes));
        }
        String[] words = credentials.get().split(" ", 2);
        Optional<IssuedToken> token =
                Optional.of(words)
                        .filter(all -> all.length == 2)
                        .flatMap(all -> issuer.lookUp(all[1]))
                        .filter(found ->
                                found.resource().equals(resource())
                                        || (!settings.mindsAudiences && found.resource().isEmpty()))
                        // RFC 9449 §7.2: a bound token is no bearer token.
                        .filter(found ->
                                words[0].equals(found.thumbprint().isPresent() ? "DPoP" : "Bearer"))
                        .filter(found ->
                                found.thumbprint().isPresent()
                                        ? settings.offersDpop
                                        : settings.offersBearer);
        Optional<Answer> unproven =
                token.flatMap(IssuedToken::thumbprint)
                        .flatMap(key -> unproven(request, words[1], key));
        if (unproven.isPresent()) {
            return unproven;
        }
        if (token.isEmpty()) {
            return Optional.of(challenge(401, "invalid_token", settings.scopes));
        }
        Set<String> needed = new LinkedHashSet<>(settings.scopes);
        request.json()
                .filter(message -> message.path("method").asText().equals("tools/call"))
                .flatMap(message -> tools.find(message.path("params").path("name")))
                .ifPresent(tool -> needed.addAll(tool.scopes()));
        return token.orElseThrow().scopes().containsAll(needed)
                ? Optional.empty()
                : Optional.of(challenge(403, "insufficient_scope", needed));
    }

    /** Empty where the proof is good. */
    private Optional<Answer> unproven(Received request, String token, String key) {
        String address = server.origin() + request.path();
        return switch (judge.judge(request, address, token)) {
            case DpopJudge.Verdict.Proven(String proven) when proven.equals(key) ->
                    Optional.empty();
            case DpopJudge.Verdict.Proven(String other) ->
                    Optional.of(refusedProof("it is of the key " + other));
            case DpopJudge.Verdict.Refused(String reason) -> Optional.of(refusedProof(reason));
            case DpopJudge.Verdict.WantsNonce(String nonce) ->
                    Optional.of(
                            challenge(401, "use_dpop_nonce", settings.scopes)
                                    .with("DPoP-Nonce", nonce));
        };
    }

    private Answer refusedProof(String reason) {
        violations.add("The proof is not good: " + reason);
        return challenge(401, "invalid_dpop_proof", settings.scopes);
    }

    /** Wants another nonce from now on. */
    public void changeNonce() {
        judge.changeNonce();
    }

    private Answer challenge(int status, String error, Set<String> scopes) {
        Answer answer = Answer.empty(status);
        if (settings.offersDpop) {
            answer =
                    answer.with(
                            "WWW-Authenticate", challenge("DPoP algs=\"ES256\"", error, scopes));
        }
        return settings.offersBearer
                ? answer.with(
                        "WWW-Authenticate",
                        challenge("Bearer realm=\"party, of tools\"", error, scopes))
                : answer;
    }

    private String challenge(String scheme, String error, Set<String> scopes) {
        StringBuilder challenge = new StringBuilder(scheme);
        if (!error.isEmpty()) {
            challenge.append(", error=\"%s\"".formatted(error));
        }
        if (settings.challengesName) {
            if (!scopes.isEmpty()) {
                challenge.append(", scope=\"%s\"".formatted(String.join(" ", scopes)));
            }
            if (settings.metadataPlace != MetadataPlace.NOWHERE) {
                challenge.append(
                        ", resource_metadata=\"%s\"".formatted(server.origin() + metadataPath()));
            }
        }
        return challenge.toString();
    }

    private Answer metadata(Received request) {
        if (!(settings.protection instanceof Protection.Token(AuthorizationServerParty issuer))
                || settings.metadataPlace == MetadataPlace.NOWHERE
                || !request.path().equals(metadataPath())) {
            return Answer.empty(404);
        }
        ObjectNode document = JsonRpc.object().put("resource", resource());
        document.putArray("authorization_servers").add(issuer.issuer());
        document.putArray("bearer_methods_supported").add("header");
        if (!settings.scopes.isEmpty()) {
            document.putPOJO("scopes_supported", settings.scopes);
        }
        if (settings.offersDpop) {
            document.putArray("dpop_signing_alg_values_supported").add("ES256");
            document.put("dpop_bound_access_tokens_required", !settings.offersBearer);
        }
        return Answer.json(200, document);
    }

    private String metadataPath() {
        return switch (settings.metadataPlace) {
            case AT_PATH -> WELL_KNOWN + settings.path;
            case AT_ROOT, NOWHERE -> WELL_KNOWN;
            case CUSTOM -> "/about/this-resource.json";
        };
    }

    private boolean isCustomMetadata(Received request) {
        return settings.metadataPlace == MetadataPlace.CUSTOM
                && request.path().equals(metadataPath());
    }

    // Looking for metadata, asking for the era, and offering to listen or to leave are all allowed
    // to fail: that is how a client finds out.
    private static boolean isProbe(Received request) {
        return request.path().contains("/.well-known/")
                || key(request).equals("server/discover")
                || key(request).equals("initialize")
                || !request.method().equals("POST");
    }

    private static String key(Received request) {
        if (!request.method().equals("POST")) {
            return request.path().contains("/.well-known/") || request.path().startsWith("/about/")
                    ? METADATA
                    : request.method();
        }
        return request.json().map(message -> message.path("method").asText()).orElse("");
    }
}
