#pragma once

#include <compare>
#include <functional>
#include <utility>

namespace base {

/// A value that cannot be mistaken for another of the same representation.
template <class Tag, class T>
class Strong {
 public:
  explicit constexpr Strong(T value) : value_(std::move(value)) {}
  constexpr const T& value() const { return value_; }
  friend auto operator<=>(const Strong&, const Strong&) = default;

 private:
  T value_;
};

}  // namespace base

template <class Tag, class T>
struct std::hash<base::Strong<Tag, T>> {
  std::size_t operator()(const base::Strong<Tag, T>& strong) const {
    return std::hash<T>{}(strong.value());
  }
};
