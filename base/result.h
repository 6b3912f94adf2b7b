#pragma once

#include <system_error>
#include <utility>
#include <variant>

namespace base {

/// An error on its way into a Result; `return base::Unexpected(errc)` reads as `std::unexpected`
/// will.
template <class E>
class Unexpected {
 public:
  explicit constexpr Unexpected(E error) : error_(std::move(error)) {}
  constexpr E& error() & { return error_; }
  constexpr E&& error() && { return std::move(error_); }

 private:
  E error_;
};

/// A value or the reason why there is none. Has the names of C++23's `std::expected`, which is to
/// replace it. REQUIRES: value() only if has_value(), error() only if not; a breach throws
/// std::bad_variant_access, that is, ends the process as any broken invariant of ours does.
template <class T, class E = std::error_code>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = E;

  // Implicit on purpose: `return value;` and `return base::Unexpected(e);` are how a Result is
  // made.
  Result(T value)  // NOLINT(google-explicit-constructor)
      : state_(std::in_place_index<0>, std::move(value)) {}
  template <class G>
  Result(Unexpected<G> unexpected)  // NOLINT(google-explicit-constructor)
      : state_(std::in_place_index<1>, E(std::move(unexpected).error())) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  E& error() & { return std::get<1>(state_); }
  const E& error() const& { return std::get<1>(state_); }
  E&& error() && { return std::get<1>(std::move(state_)); }

  T value_or(T fallback) const& { return has_value() ? value() : std::move(fallback); }

  friend bool operator==(const Result&, const Result&) = default;

 private:
  std::variant<T, E> state_;
};

/// Success without a value, or the reason of the failure.
template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  using value_type = void;
  using error_type = E;

  Result() = default;
  template <class G>
  Result(Unexpected<G> unexpected)  // NOLINT(google-explicit-constructor)
      : state_(std::in_place_index<1>, E(std::move(unexpected).error())) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  E& error() & { return std::get<1>(state_); }
  const E& error() const& { return std::get<1>(state_); }
  E&& error() && { return std::get<1>(std::move(state_)); }

  friend bool operator==(const Result&, const Result&) = default;

 private:
  std::variant<std::monostate, E> state_;
};

}  // namespace base
