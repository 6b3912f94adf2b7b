#include "base/log.h"

#include <array>
#include <cstdio>

namespace base {
namespace {

bool is_plain(unsigned char c) {
  return c > 0x20 && c < 0x7f && c != '"' && c != '=' && c != '\\';
}

void append_escaped(std::string& out, unsigned char c) {
  if (c == '"' || c == '\\') {
    out += '\\';
    out += static_cast<char>(c);
  } else if (c >= 0x20 && c != 0x7f) {
    out += static_cast<char>(c);  // UTF-8 passes as it is
  } else {
    std::array<char, 5> hex{};
    std::snprintf(hex.data(), hex.size(), "\\x%02x", static_cast<unsigned>(c));
    out += hex.data();
  }
}

void append_value(std::string& out, std::string_view value) {
  bool plain = !value.empty();
  for (const char c : value) plain = plain && is_plain(static_cast<unsigned char>(c));
  if (plain) {
    out += value;
    return;
  }
  out += '"';
  for (const char c : value) append_escaped(out, static_cast<unsigned char>(c));
  out += '"';
}

}  // namespace

LogField::LogField(std::string_view key_, double number) : key(key_) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g", number);
  value = text.data();
}

std::string format_logfmt(std::string_view message, std::initializer_list<LogField> fields) {
  std::string line = "msg=";
  append_value(line, message);
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  return line;
}

}  // namespace base
