package dev.mooring.application.modelcheck;

import dev.mooring.application.port.Ports;
import dev.mooring.application.port.UnitOfWork;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;

/** The ports as an actor sees them: it stops at every one before it goes on. */
final class Stops {
    private static final RecordComponent[] COMPONENTS = Ports.class.getRecordComponents();

    /** A call of a port's method that is about to be made. */
    record Call(Class<?> port, Method method, Object target, List<Object> arguments) {

        boolean is(Class<?> asked, String name) {
            return port.equals(asked) && method.getName().equals(name);
        }

        /** The argument at this place, which is known to be of this type. */
        <T> T argument(int place, Class<T> type) {
            return type.cast(arguments.get(place));
        }

        boolean isUnit() {
            return port.equals(UnitOfWork.class);
        }

        Object make() {
            try {
                return method.invoke(target, arguments.toArray());
            } catch (InvocationTargetException e) {
                switch (e.getCause()) {
                    case RuntimeException failure -> throw failure;
                    case Error failure -> throw failure;
                    case Throwable other -> throw new AssertionError("A port threw", other);
                }
            } catch (IllegalAccessException e) {
                throw new LinkageError("Ports are public", e);
            }
        }

        @Override
        public String toString() {
            return port.getSimpleName() + "." + method.getName();
        }
    }

    /** Makes a call, when it may be made. */
    @FunctionalInterface
    interface Way {
        Object make(Call call);
    }

    private Stops() {}

    static Ports at(Ports ports, Way way) {
        try {
            Object[] values = new Object[COMPONENTS.length];
            for (int i = 0; i < values.length; i++) {
                Class<?> port = COMPONENTS[i].getType();
                Object target = COMPONENTS[i].getAccessor().invoke(ports);
                values[i] = at(port, target, way);
            }
            Class<?>[] types =
                    Arrays.stream(COMPONENTS)
                            .map(RecordComponent::getType)
                            .toArray(Class<?>[]::new);
            return Ports.class.getConstructor(types).newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("Ports is a record", e);
        }
    }

    private static Object at(Class<?> port, Object target, Way way) {
        return Proxy.newProxyInstance(
                port.getClassLoader(),
                new Class<?>[] {port},
                (proxy, method, arguments) ->
                        way.make(
                                new Call(
                                        port,
                                        method,
                                        target,
                                        arguments == null ? List.of() : List.of(arguments))));
    }
}
