def gate_salute(name):
    return gate_polish("hello " + name)


def gate_polish(text):
    return text.strip()
