package dev.mooring.adapter.rest.edge;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.exc.StreamReadException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * JSON in and out, strict on the way in: unknown and doubled fields, values of the wrong type,
 * trailing text and documents beyond our limits are refused with an error that names the field or
 * the place and repeats none of the input but a plain field name.
 *
 * <p>Field names are snake_case; an absent {@code Optional} is no field.
 */
public final class Json {
    /** The largest body we read. Helidon's own limit stands far behind it. */
    public static final int MAX_BODY_BYTES = 1024 * 1024;

    private static final int MAX_DEPTH = 32;
    private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9_.\\[\\]-]{1,128}");

    private static final JsonMapper MAPPER =
            JsonMapper.builder(
                            JsonFactory.builder()
                                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    .maxNestingDepth(MAX_DEPTH)
                                                    .maxNameLength(256)
                                                    .maxNumberLength(32)
                                                    .build())
                                    .build())
                    .addModule(new Jdk8Module())
                    .addModule(new JavaTimeModule())
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .defaultPropertyInclusion(
                            JsonInclude.Value.construct(
                                    JsonInclude.Include.NON_ABSENT, JsonInclude.Include.NON_ABSENT))
                    .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                    .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                    .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                    .withCoercionConfig(
                            LogicalType.Textual,
                            text ->
                                    text.setCoercion(
                                                    CoercionInputShape.Integer, CoercionAction.Fail)
                                            .setCoercion(
                                                    CoercionInputShape.Float, CoercionAction.Fail)
                                            .setCoercion(
                                                    CoercionInputShape.Boolean,
                                                    CoercionAction.Fail))
                    .build();

    private Json() {}

    public static byte[] write(Object view) {
        try {
            return MAPPER.writeValueAsBytes(view);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("Not writable as JSON: " + view.getClass(), e);
        }
    }

    /**
     * Reads the request's body.
     *
     * @throws RefusedException with the error that the caller should see
     */
    public static <T> T read(ServerRequest request, Class<T> type) {
        return bind(object(request), type);
    }

    /**
     * Reads the request's body as it is, for callers that must tell {@code null} from absent.
     *
     * @throws RefusedException with the error that the caller should see
     */
    public static ObjectNode object(ServerRequest request) {
        requireJson(request);
        return object(RequestTrace.receive(() -> body(request)));
    }

    /**
     * Reads one JSON object.
     *
     * @throws RefusedException with the error that the caller should see
     */
    static ObjectNode object(byte[] document) {
        try (JsonParser parser = MAPPER.createParser(document)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw refused(ErrorCode.INVALID_JSON, "The body must be a JSON object");
            }
            return MAPPER.readValue(parser, ObjectNode.class);
        } catch (JsonProcessingException e) {
            throw refused(e);
        } catch (IOException e) {
            throw new UncheckedIOException("Reading from memory cannot fail", e);
        }
    }

    /**
     * Makes a record of an object.
     *
     * @throws RefusedException with the error that the caller should see
     */
    public static <T> T bind(ObjectNode object, Class<T> type) {
        try {
            return MAPPER.treeToValue(object, type);
        } catch (JsonProcessingException e) {
            throw refused(e);
        }
    }

    /** The view as an object that can be changed. */
    public static ObjectNode tree(Object view) {
        return MAPPER.valueToTree(view);
    }

    /** Reads JSON text that another party wrote; empty when it is none. */
    public static Optional<JsonNode> parse(String text) {
        try {
            return Optional.of(MAPPER.readTree(text)).filter(node -> !node.isMissingNode());
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private static void requireJson(ServerRequest request) {
        boolean json =
                request.headers()
                        .first(HeaderNames.CONTENT_TYPE)
                        .map(type -> type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT))
                        .map(type -> type.equals("application/json") || type.endsWith("+json"))
                        // Undeclared content may be examined (RFC 9110 section 8.3).
                        .orElse(true);
        if (!json) {
            throw refused(
                    ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                    "The body must be declared as Content-Type: application/json");
        }
    }

    private static byte[] body(ServerRequest request) {
        if (!request.content().hasEntity()) {
            return new byte[0];
        }
        try {
            // Helidon owns the stream: closing it would wait for more of a body that broke off.
            byte[] body = request.content().inputStream().readNBytes(MAX_BODY_BYTES + 1);
            if (body.length > MAX_BODY_BYTES) {
                throw refused(
                        ErrorCode.BODY_TOO_LARGE,
                        "The request body is larger than " + MAX_BODY_BYTES + " bytes");
            }
            return body;
        } catch (NumberFormatException notAChunkSize) {
            throw refused(ErrorCode.MALFORMED_REQUEST, "The chunks of the body cannot be read");
        } catch (IOException e) {
            throw new UncheckedIOException("The request body broke off", e);
        }
    }

    private static RefusedException refused(JsonProcessingException e) {
        return switch (e) {
            case StreamConstraintsException tooMuch ->
                    refused(
                            ErrorCode.INVALID_JSON,
                            "The body is nested deeper than "
                                    + MAX_DEPTH
                                    + " levels, or a name, number or text in it is too long");
            case StreamReadException syntax -> ofSyntax(syntax);
            case JsonMappingException mapping -> ofMapping(mapping);
            default -> refused(ErrorCode.INVALID_JSON, "The body is not JSON" + place(e));
        };
    }

    private static RefusedException ofSyntax(StreamReadException e) {
        // Jackson has no type of its own for this one.
        boolean doubled = e.getOriginalMessage().startsWith("Duplicate field");
        return doubled
                ? refused(
                        ErrorCode.DUPLICATE_FIELD,
                        plain(currentName(e)),
                        "stands there twice" + place(e))
                : refused(ErrorCode.INVALID_JSON, "The body is not JSON" + place(e));
    }

    private static RefusedException ofMapping(JsonMappingException e) {
        if (e.getCause() instanceof RefusedException refused) {
            return refused;
        }
        if (e.getPath().isEmpty()) {
            return refused(ErrorCode.INVALID_JSON, "The body is not JSON" + place(e));
        }
        String field = plain(path(e));
        if (e.getCause() instanceof InputCoercionException) {
            return refused(ErrorCode.INVALID_FIELD, field, "is too large");
        }
        if (e.getCause() instanceof JsonProcessingException inner) {
            return refused(inner);
        }
        return switch (e) {
            case UnrecognizedPropertyException unknown ->
                    refused(ErrorCode.UNKNOWN_FIELD, field, "is no field we know");
            case MismatchedInputException mismatch ->
                    refused(
                            ErrorCode.INVALID_FIELD,
                            field,
                            "must be " + expectation(mismatch.getTargetType()));
            default -> refused(ErrorCode.INVALID_FIELD, field, "cannot be read");
        };
    }

    private static String path(JsonMappingException e) {
        StringBuilder path = new StringBuilder();
        for (JsonMappingException.Reference step : e.getPath()) {
            if (step.getFieldName() == null) {
                path.append('[').append(step.getIndex()).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(step.getFieldName());
            }
        }
        return path.toString();
    }

    private static String currentName(StreamReadException e) {
        try {
            JsonParser parser = e.getProcessor();
            return parser == null ? "" : String.valueOf(parser.currentName());
        } catch (IOException unreadable) {
            return "";
        }
    }

    /** The name if it can be repeated without harm; nobody needs to read any other back. */
    private static String plain(String name) {
        return PLAIN_NAME.matcher(name).matches() ? name : "(a field)";
    }

    private static String expectation(@Nullable Class<?> target) {
        if (target == null) {
            return "something else";
        }
        if (target == boolean.class || target == Boolean.class) {
            return "true or false";
        }
        if (target.isPrimitive() || Number.class.isAssignableFrom(target)) {
            return "a whole number";
        }
        if (target == String.class || target.isEnum()) {
            return "a text";
        }
        return Collection.class.isAssignableFrom(target) ? "a list" : "an object";
    }

    private static String place(JsonProcessingException e) {
        return Optional.ofNullable(e.getLocation())
                .map(at -> " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")")
                .orElse("");
    }

    private static RefusedException refused(ErrorCode code, String field, String message) {
        return new RefusedException(ApiError.of(code, field + " " + message).at(field));
    }

    private static RefusedException refused(ErrorCode code, String message) {
        return new RefusedException(ApiError.of(code, message));
    }
}
