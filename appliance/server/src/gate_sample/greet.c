static int gate_length(const char *text) {
    int count = 0;
    while (text[count] != 0) {
        count = count + 1;
    }
    return count;
}

int gate_greet(const char *name) {
    return gate_length(name) + 7;
}
