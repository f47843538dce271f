/* What xl does unless its file of settings says otherwise. */
int autoballoon = 1;
