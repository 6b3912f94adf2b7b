#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <system_error>

namespace base {

enum class LogLevel {
  debug,
  info,   ///< a change of state
  warn,   ///< will need a human if it repeats
  error,  ///< needs a human
};

/// One `key=value` of a log line.
struct LogField {
  LogField(std::string_view key_, std::string_view value_) : key(key_), value(value_) {}
  LogField(std::string_view key_, const char* value_) : key(key_), value(value_) {}
  LogField(std::string_view key_, const std::string& value_) : key(key_), value(value_) {}
  LogField(std::string_view key_, const std::error_code& code) : key(key_), value(code.message()) {}
  LogField(std::string_view key_, std::integral auto number)
      : key(key_), value(std::to_string(number)) {}
  LogField(std::string_view key_, double number);

  std::string_view key;
  std::string value;
};

/// Structured logging: a constant message, the data in fields. Thread-safe. Never log private keys,
/// EAB secrets, a whole JWS or CSR, nor anything per frame.
class Log {
 public:
  virtual ~Log() = default;
  virtual void write(LogLevel level,
                     std::string_view message,
                     std::initializer_list<LogField> fields) = 0;

  void debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::debug, message, fields);
  }
  void info(std::string_view message, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::info, message, fields);
  }
  void warn(std::string_view message, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::warn, message, fields);
  }
  void error(std::string_view message, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::error, message, fields);
  }
};

/// Drops everything; for tests and short commands.
class NullLog final : public Log {
 public:
  void write(LogLevel, std::string_view, std::initializer_list<LogField>) override {}
};

/// `msg="certificate issued" name=example.org took=3.2s`: values with blanks, quotes, `=` or
/// control characters are quoted and escaped, so that a peer's string cannot forge a line.
std::string format_logfmt(std::string_view message, std::initializer_list<LogField> fields);

}  // namespace base
